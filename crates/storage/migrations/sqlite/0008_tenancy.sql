-- Partners and tenants: how they stand, what they are capped at, and lists of
-- them by seeking.

ALTER TABLE partners ADD COLUMN contact_email TEXT;
-- active or suspended.
ALTER TABLE partners ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
-- Null where there is no cap.
ALTER TABLE partners ADD COLUMN max_tenants INTEGER;
ALTER TABLE partners ADD COLUMN max_users_per_tenant INTEGER;
ALTER TABLE partners ADD COLUMN max_applications_per_tenant INTEGER;
ALTER TABLE partners ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE partners ADD COLUMN archived_at INTEGER;
ALTER TABLE partners ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE partners ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

UPDATE partners SET updated_at = created_at;

CREATE INDEX partners_newest ON partners (archived, id);

ALTER TABLE tenants ADD COLUMN contact_email TEXT;
ALTER TABLE tenants ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE tenants ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN archived_at INTEGER;

DROP INDEX tenants_by_partner;
CREATE INDEX tenants_newest ON tenants (archived, id);
CREATE INDEX tenants_by_partner ON tenants (partner_id, archived, id);

-- Who runs a level.
CREATE INDEX roles_by_level ON roles (level, level_id, user_id);

-- How many applications an owner has, archived ones too, in parts that are
-- summed, so that two who register one are seldom in each other's way.
CREATE TABLE application_totals (
    owner BLOB    NOT NULL,
    part  INTEGER NOT NULL,
    total INTEGER NOT NULL,
    CONSTRAINT "application_totals.owner, application_totals.part" PRIMARY KEY (owner, part)
) STRICT, WITHOUT ROWID;

INSERT INTO application_totals (owner, part, total)
SELECT owner, 0, count(*) FROM applications GROUP BY owner;

-- Lists of everybody's applications, newest first, and how many there are. What
-- is rare has an index of its own; the others are found on the way.
CREATE INDEX applications_of_all ON applications (archived, id, owner_level, kind, state);
CREATE INDEX applications_of_all_by_kind ON applications (archived, kind, id);
CREATE INDEX applications_disabled ON applications (archived, id) WHERE state = 'disabled';
CREATE INDEX applications_of_partners ON applications (archived, id) WHERE owner_level = 1;
CREATE INDEX tags_of_all ON tags (tag, id);
