-- A user, a group or a session that is asked for by id alone, wherever it is,
-- and what the people of a directory have with whatever applications.
CREATE INDEX users_by_id           ON users (id);
CREATE INDEX groups_by_id          ON groups (id);
CREATE INDEX sessions_by_directory ON sessions (directory_id, id);
