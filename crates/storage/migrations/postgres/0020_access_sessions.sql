-- Sessions of public applications with the vault.

-- What the holder of a session's key may do, once somebody has said so. Both
-- hashes are of secrets that were shown once.
CREATE TABLE access_sessions (
    id             BYTEA NOT NULL,
    -- The public one, in whose name it is.
    application_id BYTEA NOT NULL,
    owner          BYTEA NOT NULL,
    owner_level    TEXT COLLATE "C" NOT NULL,
    -- Live or test.
    environment    TEXT COLLATE "C" NOT NULL,
    key_hash       BYTEA NOT NULL,
    nonce_hash     BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    -- By which application, when, and what for: JSON. Null until then.
    authorized_by  BYTEA,
    authorized_at  BIGINT,
    granted        TEXT COLLATE "C",
    CONSTRAINT "access_sessions.id" PRIMARY KEY (id),
    CONSTRAINT "access_sessions.key_hash" UNIQUE (key_hash),
    CONSTRAINT "access_sessions.nonce_hash" UNIQUE (nonce_hash)
);

CREATE INDEX access_sessions_by_application ON access_sessions (application_id, expires_at);
CREATE INDEX access_sessions_by_authorizer  ON access_sessions (authorized_by);
CREATE INDEX access_sessions_by_end         ON access_sessions (expires_at);

-- Until when every such session of an application ended, and every one that it
-- authorized.
CREATE TABLE access_session_ends (
    application_id BYTEA NOT NULL,
    ended_at       BIGINT NOT NULL,
    CONSTRAINT "access_session_ends.application_id" PRIMARY KEY (application_id)
);
