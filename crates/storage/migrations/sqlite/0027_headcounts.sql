-- How many users each group has, and whether they are in others as well:
-- docs/database.md.

-- False in at most one row of each user, so that groups of which no row has it
-- share nobody. Whoever does not say is taken to be in several.
ALTER TABLE members ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 1;

UPDATE members SET elsewhere = 0 WHERE NOT EXISTS (
    SELECT 1 FROM members o WHERE o.directory_id = members.directory_id
        AND o.user_id = members.user_id AND o.group_id < members.group_id);

CREATE UNIQUE INDEX "members.directory_id, members.user_id" ON members (directory_id, user_id)
    WHERE NOT elsewhere;

-- Only one transaction writes at a time, and so there is one part.
CREATE TABLE headcounts (
    directory_id BLOB    NOT NULL,
    group_id     BLOB    NOT NULL,
    part         INTEGER NOT NULL,
    members      INTEGER NOT NULL,
    -- How many of them are said to be elsewhere.
    elsewhere    INTEGER NOT NULL,
    CONSTRAINT "headcounts.directory_id, headcounts.group_id, headcounts.part"
        PRIMARY KEY (directory_id, group_id, part)
) STRICT;

INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
SELECT m.directory_id, m.group_id, 0, count(*), sum(m.elsewhere)
FROM members m JOIN groups g ON g.directory_id = m.directory_id AND g.id = m.group_id
GROUP BY m.directory_id, m.group_id;

-- Whatever writes or deletes a member, it is counted in the same transaction; of
-- groups that are gone nothing is.
CREATE TRIGGER members_that_come_are_counted AFTER INSERT ON members
BEGIN
    INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
    SELECT g.directory_id, g.id, 0, 1, NEW.elsewhere FROM groups g
    WHERE g.directory_id = NEW.directory_id AND g.id = NEW.group_id
    ON CONFLICT (directory_id, group_id, part) DO UPDATE
        SET members = headcounts.members + excluded.members,
            elsewhere = headcounts.elsewhere + excluded.elsewhere;
END;

CREATE TRIGGER members_that_change_are_counted AFTER UPDATE OF elsewhere ON members
BEGIN
    INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
    SELECT g.directory_id, g.id, 0, 0, NEW.elsewhere - OLD.elsewhere FROM groups g
    WHERE g.directory_id = NEW.directory_id AND g.id = NEW.group_id
    ON CONFLICT (directory_id, group_id, part) DO UPDATE
        SET elsewhere = headcounts.elsewhere + excluded.elsewhere;
END;

-- Where the row goes that was not elsewhere, another takes its place.
CREATE TRIGGER members_that_go_are_counted AFTER DELETE ON members
BEGIN
    INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
    SELECT g.directory_id, g.id, 0, -1, -OLD.elsewhere FROM groups g
    WHERE g.directory_id = OLD.directory_id AND g.id = OLD.group_id
    ON CONFLICT (directory_id, group_id, part) DO UPDATE
        SET members = headcounts.members + excluded.members,
            elsewhere = headcounts.elsewhere + excluded.elsewhere;
    UPDATE members SET elsewhere = 0
    WHERE NOT OLD.elsewhere AND directory_id = OLD.directory_id AND user_id = OLD.user_id AND group_id = (
        SELECT m.group_id FROM members m JOIN groups g ON g.directory_id = m.directory_id AND g.id = m.group_id
        WHERE m.directory_id = OLD.directory_id AND m.user_id = OLD.user_id ORDER BY m.group_id LIMIT 1);
END;
