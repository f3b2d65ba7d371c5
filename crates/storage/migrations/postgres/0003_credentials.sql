-- What is told of credentials beside what proves them.
ALTER TABLE credentials ADD COLUMN name TEXT COLLATE "C";
ALTER TABLE credentials ADD COLUMN created_by_kind TEXT COLLATE "C";
ALTER TABLE credentials ADD COLUMN created_by_id TEXT COLLATE "C";

-- How credentials were used, as nodes tell it. In a table of its own, so that
-- telling is in nobody's way who changes a credential.
CREATE TABLE credential_uses (
    application_id BYTEA   NOT NULL,
    credential_id  BYTEA   NOT NULL,
    last_used_at   BIGINT  NOT NULL,
    last_used_from TEXT COLLATE "C",
    longest_gap_s  BIGINT  NOT NULL,
    CONSTRAINT "credential_uses.application_id, credential_uses.credential_id"
        PRIMARY KEY (application_id, credential_id)
);

-- The servers that gather uses, and until when each has told of all.
CREATE TABLE nodes (
    id         BYTEA   NOT NULL,
    flushed_at BIGINT  NOT NULL,
    CONSTRAINT "nodes.id" PRIMARY KEY (id)
);

-- Requests that are to be done once, and what was answered.
CREATE TABLE idempotency_keys (
    owner            BYTEA   NOT NULL,
    owner_level      SMALLINT NOT NULL,
    -- Of the caller, the method, the path and the key.
    fingerprint      BYTEA   NOT NULL,
    -- Of the body, keyed with the key.
    body             BYTEA   NOT NULL,
    -- Which run of it this is, and until when another waits for it.
    attempt          BYTEA   NOT NULL,
    lease_until      BIGINT  NOT NULL,
    -- Of the first change that this run made; null until it made one.
    carried_out_at   BIGINT,
    -- Sealed under the owner's data key; null until there is one.
    answer           BYTEA,
    data_key_version INTEGER,
    expires_at       BIGINT  NOT NULL,
    CONSTRAINT "idempotency_keys.owner, idempotency_keys.fingerprint" PRIMARY KEY (owner, fingerprint)
);

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

-- Public halves of signing keys whose private ones are destroyed, kept for ever:
-- what they signed of the audit trail is verified with them.
CREATE TABLE retired_signing_keys (
    owner        BYTEA   NOT NULL,
    id           BYTEA   NOT NULL,
    alg          TEXT    COLLATE "C" NOT NULL,
    public_jwk   TEXT    COLLATE "C" NOT NULL,
    activates_at BIGINT  NOT NULL,
    retires_at   BIGINT  NOT NULL,
    CONSTRAINT "retired_signing_keys.owner, retired_signing_keys.id" PRIMARY KEY (owner, id)
);
