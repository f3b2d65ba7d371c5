-- How many users each group has, and whether they are in others as well:
-- docs/database.md.

-- False in at most one row of each user, so that groups of which no row has it
-- share nobody. Whoever does not say is taken to be in several.
ALTER TABLE members ADD COLUMN elsewhere BOOLEAN NOT NULL DEFAULT true;

UPDATE members SET elsewhere = false WHERE NOT EXISTS (
    SELECT 1 FROM members o WHERE o.directory_id = members.directory_id
        AND o.user_id = members.user_id AND o.group_id < members.group_id);

CREATE UNIQUE INDEX "members.directory_id, members.user_id" ON members (directory_id, user_id)
    WHERE NOT elsewhere;

-- In parts that are summed, so that two who add one are seldom in each other's
-- way.
CREATE TABLE headcounts (
    directory_id BYTEA    NOT NULL,
    group_id     BYTEA    NOT NULL,
    part         SMALLINT NOT NULL,
    members      BIGINT   NOT NULL,
    -- How many of them are said to be elsewhere.
    elsewhere    BIGINT   NOT NULL,
    CONSTRAINT "headcounts.directory_id, headcounts.group_id, headcounts.part"
        PRIMARY KEY (directory_id, group_id, part)
);

INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
SELECT m.directory_id, m.group_id, 0, count(*), count(*) FILTER (WHERE m.elsewhere)
FROM members m JOIN groups g ON g.directory_id = m.directory_id AND g.id = m.group_id
GROUP BY m.directory_id, m.group_id;

-- Which part it is counted in, the user's id says.
CREATE FUNCTION count_member(one members, step BIGINT, beyond BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO headcounts (directory_id, group_id, part, members, elsewhere)
    SELECT g.directory_id, g.id, get_byte(one.user_id, length(one.user_id) - 1) % 16, step, beyond
    FROM groups g WHERE g.directory_id = one.directory_id AND g.id = one.group_id
    ON CONFLICT (directory_id, group_id, part) DO UPDATE
        SET members = headcounts.members + excluded.members,
            elsewhere = headcounts.elsewhere + excluded.elsewhere;
END
$$;

-- Whatever writes or deletes a member, it is counted in the same transaction; of
-- groups that are gone nothing is.
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM count_member(NEW, 1, NEW.elsewhere::int);
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM count_member(NEW, 0, NEW.elsewhere::int - OLD.elsewhere::int);
    ELSE
        PERFORM count_member(OLD, -1, -OLD.elsewhere::int);
        -- Where the row goes that was not elsewhere, another takes its place.
        IF NOT OLD.elsewhere THEN
            UPDATE members SET elsewhere = false
            WHERE directory_id = OLD.directory_id AND user_id = OLD.user_id AND group_id = (
                SELECT m.group_id FROM members m
                JOIN groups g ON g.directory_id = m.directory_id AND g.id = m.group_id
                WHERE m.directory_id = OLD.directory_id AND m.user_id = OLD.user_id
                ORDER BY m.group_id LIMIT 1);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER members_are_counted AFTER INSERT OR DELETE OR UPDATE OF elsewhere ON members
    FOR EACH ROW EXECUTE FUNCTION count_members();
