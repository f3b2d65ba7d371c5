-- Which applications are registered for an API, by what that is called in the
-- `aud` of tokens.
CREATE TABLE audiences (
    -- The first 255 characters: a key has to be short.
    head     TEXT COLLATE "C" NOT NULL,
    owner    BYTEA NOT NULL,
    id       BYTEA NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "audiences.head, audiences.owner, audiences.id" PRIMARY KEY (head, owner, id)
);

CREATE INDEX audiences_by_owner ON audiences (owner, id);

INSERT INTO audiences (head, owner, id, audience)
SELECT substr(oauth::jsonb ->> 'audience', 1, 255), owner, id, oauth::jsonb ->> 'audience'
FROM applications WHERE oauth::jsonb ->> 'audience' IS NOT NULL;

-- Sessions of tenants' people with applications of partners, which end when the
-- tenant goes over to another.
CREATE INDEX sessions_of_partners ON sessions (directory_id, owner) WHERE owner_level = 1;

-- Directories of such tenants, until that is done.
CREATE TABLE partings (
    directory_id BYTEA NOT NULL,
    CONSTRAINT "partings.directory_id" PRIMARY KEY (directory_id)
);
