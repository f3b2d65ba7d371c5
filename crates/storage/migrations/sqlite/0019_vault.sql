-- The vault: data that is kept sealed.

CREATE TABLE vault_tokens (
    tenant_id        BLOB    NOT NULL,
    -- Or test: what the keys of one environment made, those of the other do not see.
    live             INTEGER NOT NULL,
    id               TEXT    NOT NULL,
    type             TEXT    NOT NULL,
    container        TEXT    NOT NULL,
    -- Base58 of an HMAC; null where nobody asked for one.
    fingerprint      TEXT,
    -- Data, mask, metadata and expressions, under the tenant's data key.
    data_key_version INTEGER NOT NULL,
    sealed           BLOB    NOT NULL,
    created_by_kind  TEXT    NOT NULL,
    created_by       TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    modified_by_kind TEXT,
    modified_by      TEXT,
    modified_at      INTEGER,
    expires_at       INTEGER,
    version          INTEGER NOT NULL,
    CONSTRAINT "vault_tokens.tenant_id, vault_tokens.live, vault_tokens.id" PRIMARY KEY (tenant_id, live, id)
) STRICT;

CREATE INDEX vault_by_container ON vault_tokens (tenant_id, live, container, created_at, id);
CREATE INDEX vault_by_type ON vault_tokens (tenant_id, live, type, container, created_at, id);
CREATE INDEX vault_by_fingerprint ON vault_tokens (tenant_id, live, fingerprint, container, created_at, id);
CREATE INDEX vault_by_end ON vault_tokens (expires_at) WHERE expires_at IS NOT NULL;

-- HMACs of what tokens are found by: metadata and search indexes.
CREATE TABLE vault_tags (
    tenant_id  BLOB    NOT NULL,
    live       INTEGER NOT NULL,
    tag        BLOB    NOT NULL,
    container  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    token_id   TEXT    NOT NULL
) STRICT;

CREATE INDEX vault_tags_by_tag ON vault_tags (tenant_id, live, tag, container, created_at, token_id);
CREATE INDEX vault_tags_by_token ON vault_tags (tenant_id, live, token_id);

-- What a tenant wants of its vault.
ALTER TABLE tenants ADD COLUMN fingerprint_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN deduplicate_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN deduplication TEXT NOT NULL DEFAULT 'read_existing';
