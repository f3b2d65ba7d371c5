-- Sessions of public applications with the vault.

-- What the holder of a session's key may do, once somebody has said so. Both
-- hashes are of secrets that were shown once.
CREATE TABLE access_sessions (
    id             BLOB    NOT NULL,
    -- The public one, in whose name it is.
    application_id BLOB    NOT NULL,
    owner          BLOB    NOT NULL,
    owner_level    TEXT    NOT NULL,
    -- Live or test.
    environment    TEXT    NOT NULL,
    key_hash       BLOB    NOT NULL,
    nonce_hash     BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    -- By which application, when, and what for: JSON. Null until then.
    authorized_by  BLOB,
    authorized_at  INTEGER,
    granted        TEXT,
    CONSTRAINT "access_sessions.id" PRIMARY KEY (id),
    CONSTRAINT "access_sessions.key_hash" UNIQUE (key_hash),
    CONSTRAINT "access_sessions.nonce_hash" UNIQUE (nonce_hash)
) STRICT;

CREATE INDEX access_sessions_by_application ON access_sessions (application_id, expires_at);
CREATE INDEX access_sessions_by_authorizer  ON access_sessions (authorized_by);
CREATE INDEX access_sessions_by_end         ON access_sessions (expires_at);

-- Until when every such session of an application ended, and every one that it
-- authorized.
CREATE TABLE access_session_ends (
    application_id BLOB    NOT NULL,
    ended_at       INTEGER NOT NULL,
    CONSTRAINT "access_session_ends.application_id" PRIMARY KEY (application_id)
) STRICT;
