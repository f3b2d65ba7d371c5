-- The audit trail that proves itself: docs/audit.md.

-- What of an entry can be erased later, sealed under the key of whom it is
-- about. The chain holds the sealed bytes, so that it verifies without the key.
ALTER TABLE audit_entries ADD COLUMN personal BLOB;

-- Entries that no chain holds yet, as they become visible: a transaction that
-- began early and committed late is here late, and is not missed.
CREATE TABLE audit_unsealed (
    id    BLOB    NOT NULL,
    owner BLOB    NOT NULL,
    CONSTRAINT "audit_unsealed.id, audit_unsealed.owner" PRIMARY KEY (id, owner)
) STRICT;

INSERT INTO audit_unsealed (id, owner) SELECT id, owner FROM audit_entries;

-- Whatever writes an entry, it is queued in the same transaction.
CREATE TRIGGER audit_entries_are_queued AFTER INSERT ON audit_entries
BEGIN
    INSERT INTO audit_unsealed (id, owner) VALUES (NEW.id, NEW.owner);
END;

-- The links of the chains. Entries themselves are never updated.
CREATE TABLE audit_seals (
    owner     BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    id        BLOB    NOT NULL,
    hash      BLOB    NOT NULL,
    sealed_at INTEGER NOT NULL,
    CONSTRAINT "audit_seals.owner, audit_seals.seq" PRIMARY KEY (owner, seq),
    CONSTRAINT "audit_seals.owner, audit_seals.id"  UNIQUE (owner, id)
) STRICT;

-- Where each owner's chain ends. A new end is written over the one it was
-- computed from and over no other, so that no entry has two places.
CREATE TABLE audit_chains (
    owner         BLOB    NOT NULL,
    owner_level   INTEGER NOT NULL,
    count         INTEGER NOT NULL,
    hash          BLOB    NOT NULL,
    -- The last signed checkpoint: how far it reaches, and from when it is.
    checkpoint    INTEGER NOT NULL DEFAULT 0,
    checkpoint_at INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "audit_chains.owner" PRIMARY KEY (owner)
) STRICT;

CREATE INDEX audit_chains_unsigned ON audit_chains (checkpoint_at, owner) WHERE count > checkpoint;

CREATE TABLE audit_checkpoints (
    owner     BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    -- For how long it is kept: 0 an hour, 1 a week, 2 for ever.
    grade     INTEGER NOT NULL,
    jws       TEXT    NOT NULL,
    CONSTRAINT "audit_checkpoints.owner, audit_checkpoints.seq" PRIMARY KEY (owner, seq)
) STRICT;

CREATE INDEX audit_checkpoints_by_grade ON audit_checkpoints (grade, signed_at);
