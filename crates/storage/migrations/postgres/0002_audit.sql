-- The audit trail that proves itself: docs/audit.md.

-- What of an entry can be erased later, sealed under the key of whom it is
-- about. The chain holds the sealed bytes, so that it verifies without the key.
ALTER TABLE audit_entries ADD COLUMN personal BYTEA;

-- Entries that no chain holds yet, as they become visible: a transaction that
-- began early and committed late is here late, and is not missed.
CREATE TABLE audit_unsealed (
    id    BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    CONSTRAINT "audit_unsealed.id, audit_unsealed.owner" PRIMARY KEY (id, owner)
);

INSERT INTO audit_unsealed (id, owner) SELECT id, owner FROM audit_entries;

-- Whatever writes an entry, it is queued in the same transaction.
CREATE FUNCTION queue_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (id, owner) VALUES (NEW.id, NEW.owner);
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_entries_are_queued AFTER INSERT ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION queue_audit_entry();

-- The links of the chains. Entries themselves are never updated.
CREATE TABLE audit_seals (
    owner     BYTEA  NOT NULL,
    seq       BIGINT NOT NULL,
    id        BYTEA  NOT NULL,
    hash      BYTEA  NOT NULL,
    sealed_at BIGINT NOT NULL,
    CONSTRAINT "audit_seals.owner, audit_seals.seq" PRIMARY KEY (owner, seq),
    CONSTRAINT "audit_seals.owner, audit_seals.id"  UNIQUE (owner, id)
);

-- Where each owner's chain ends. A new end is written over the one it was
-- computed from and over no other, so that no entry has two places.
CREATE TABLE audit_chains (
    owner         BYTEA    NOT NULL,
    owner_level   SMALLINT NOT NULL,
    count         BIGINT   NOT NULL,
    hash          BYTEA    NOT NULL,
    -- The last signed checkpoint: how far it reaches, and from when it is.
    checkpoint    BIGINT   NOT NULL DEFAULT 0,
    checkpoint_at BIGINT   NOT NULL DEFAULT 0,
    CONSTRAINT "audit_chains.owner" PRIMARY KEY (owner)
);

CREATE INDEX audit_chains_unsigned ON audit_chains (checkpoint_at, owner) WHERE count > checkpoint;

CREATE TABLE audit_checkpoints (
    owner     BYTEA    NOT NULL,
    seq       BIGINT   NOT NULL,
    signed_at BIGINT   NOT NULL,
    -- For how long it is kept: 0 an hour, 1 a week, 2 for ever.
    grade     SMALLINT NOT NULL,
    jws       TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "audit_checkpoints.owner, audit_checkpoints.seq" PRIMARY KEY (owner, seq)
);

CREATE INDEX audit_checkpoints_by_grade ON audit_checkpoints (grade, signed_at);
