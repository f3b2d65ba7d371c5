-- Who made an application: whose own it is, where a role says so, and whose it
-- is listed as.
ALTER TABLE applications ADD COLUMN created_by_kind TEXT COLLATE "C";
ALTER TABLE applications ADD COLUMN created_by_id TEXT COLLATE "C";
CREATE INDEX applications_by_maker ON applications (created_by_id, archived, id, owner)
    WHERE created_by_id IS NOT NULL;
