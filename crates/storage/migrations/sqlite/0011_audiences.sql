-- Which applications are registered for an API, by what that is called in the
-- `aud` of tokens.
CREATE TABLE audiences (
    -- The first 255 characters: a key has to be short.
    head     TEXT    NOT NULL,
    owner    BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    audience TEXT    NOT NULL,
    CONSTRAINT "audiences.head, audiences.owner, audiences.id" PRIMARY KEY (head, owner, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audiences_by_owner ON audiences (owner, id);

INSERT INTO audiences (head, owner, id, audience)
SELECT substr(json_extract(oauth, '$.audience'), 1, 255), owner, id, json_extract(oauth, '$.audience')
FROM applications WHERE json_extract(oauth, '$.audience') IS NOT NULL;

-- Sessions of tenants' people with applications of partners, which end when the
-- tenant goes over to another.
CREATE INDEX sessions_of_partners ON sessions (directory_id, owner) WHERE owner_level = 1;

-- Directories of such tenants, until that is done.
CREATE TABLE partings (
    directory_id BLOB NOT NULL,
    CONSTRAINT "partings.directory_id" PRIMARY KEY (directory_id)
) STRICT;
