-- What is told of credentials beside what proves them.
ALTER TABLE credentials ADD COLUMN name TEXT;
ALTER TABLE credentials ADD COLUMN created_by_kind TEXT;
ALTER TABLE credentials ADD COLUMN created_by_id TEXT;

-- How credentials were used, as nodes tell it. In a table of its own, so that
-- telling is in nobody's way who changes a credential.
CREATE TABLE credential_uses (
    application_id BLOB    NOT NULL,
    credential_id  BLOB    NOT NULL,
    last_used_at   INTEGER NOT NULL,
    last_used_from TEXT,
    longest_gap_s  INTEGER NOT NULL,
    CONSTRAINT "credential_uses.application_id, credential_uses.credential_id"
        PRIMARY KEY (application_id, credential_id)
) STRICT;

-- The servers that gather uses, and until when each has told of all.
CREATE TABLE nodes (
    id         BLOB    NOT NULL,
    flushed_at INTEGER NOT NULL,
    CONSTRAINT "nodes.id" PRIMARY KEY (id)
) STRICT;

-- Requests that are to be done once, and what was answered.
CREATE TABLE idempotency_keys (
    owner            BLOB    NOT NULL,
    owner_level      INTEGER NOT NULL,
    -- Of the caller, the method, the path and the key.
    fingerprint      BLOB    NOT NULL,
    -- Of the body, keyed with the key.
    body             BLOB    NOT NULL,
    -- Which run of it this is, and until when another waits for it.
    attempt          BLOB    NOT NULL,
    lease_until      INTEGER NOT NULL,
    -- Of the first change that this run made; null until it made one.
    carried_out_at   INTEGER,
    -- Sealed under the owner's data key; null until there is one.
    answer           BLOB,
    data_key_version INTEGER,
    expires_at       INTEGER NOT NULL,
    CONSTRAINT "idempotency_keys.owner, idempotency_keys.fingerprint" PRIMARY KEY (owner, fingerprint)
) STRICT;

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

-- Public halves of signing keys whose private ones are destroyed, kept for ever:
-- what they signed of the audit trail is verified with them.
CREATE TABLE retired_signing_keys (
    owner        BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    alg          TEXT    NOT NULL,
    public_jwk   TEXT    NOT NULL,
    activates_at INTEGER NOT NULL,
    retires_at   INTEGER NOT NULL,
    CONSTRAINT "retired_signing_keys.owner, retired_signing_keys.id" PRIMARY KEY (owner, id)
) STRICT;
