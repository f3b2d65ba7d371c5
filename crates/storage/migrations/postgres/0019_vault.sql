-- The vault: data that is kept sealed.

CREATE TABLE vault_tokens (
    tenant_id        BYTEA NOT NULL,
    -- Or test: what the keys of one environment made, those of the other do not see.
    live             BOOLEAN NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    type             TEXT COLLATE "C" NOT NULL,
    container        TEXT COLLATE "C" NOT NULL,
    -- Base58 of an HMAC; null where nobody asked for one.
    fingerprint      TEXT COLLATE "C",
    -- Data, mask, metadata and expressions, under the tenant's data key.
    data_key_version INTEGER NOT NULL,
    sealed           BYTEA NOT NULL,
    created_by_kind  TEXT COLLATE "C" NOT NULL,
    created_by       TEXT COLLATE "C" NOT NULL,
    created_at       BIGINT NOT NULL,
    modified_by_kind TEXT COLLATE "C",
    modified_by      TEXT COLLATE "C",
    modified_at      BIGINT,
    expires_at       BIGINT,
    version          BIGINT NOT NULL,
    CONSTRAINT "vault_tokens.tenant_id, vault_tokens.live, vault_tokens.id" PRIMARY KEY (tenant_id, live, id)
);

CREATE INDEX vault_by_container ON vault_tokens (tenant_id, live, container, created_at, id);
CREATE INDEX vault_by_type ON vault_tokens (tenant_id, live, type, container, created_at, id);
CREATE INDEX vault_by_fingerprint ON vault_tokens (tenant_id, live, fingerprint, container, created_at, id);
CREATE INDEX vault_by_end ON vault_tokens (expires_at) WHERE expires_at IS NOT NULL;

-- HMACs of what tokens are found by: metadata and search indexes.
CREATE TABLE vault_tags (
    tenant_id  BYTEA NOT NULL,
    live       BOOLEAN NOT NULL,
    tag        BYTEA NOT NULL,
    container  TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    token_id   TEXT COLLATE "C" NOT NULL
);

CREATE INDEX vault_tags_by_tag ON vault_tags (tenant_id, live, tag, container, created_at, token_id);
CREATE INDEX vault_tags_by_token ON vault_tags (tenant_id, live, token_id);

-- What a tenant wants of its vault.
ALTER TABLE tenants ADD COLUMN fingerprint_tokens BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenants ADD COLUMN deduplicate_tokens BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenants ADD COLUMN deduplication TEXT COLLATE "C" NOT NULL DEFAULT 'read_existing';
