-- Lists of everybody's applications, newest first, and how many there are. What
-- is rare has an index of its own; the others are found on the way.
CREATE INDEX applications_of_all ON applications (archived, id, owner_level, kind, state);
CREATE INDEX applications_of_all_by_kind ON applications (archived, kind, id);
CREATE INDEX applications_disabled ON applications (archived, id) WHERE state = 'disabled';
CREATE INDEX applications_of_partners ON applications (archived, id) WHERE owner_level = 1;
CREATE INDEX tags_of_all ON tags (tag, id);
