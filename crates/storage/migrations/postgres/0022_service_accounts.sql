-- Service accounts: programs that administer a tenant in their own name.
CREATE TABLE service_accounts (
    tenant_id         BYTEA   NOT NULL,
    id                BYTEA   NOT NULL,
    name              TEXT COLLATE "C"    NOT NULL,
    description       TEXT COLLATE "C",
    role              TEXT COLLATE "C"    NOT NULL,
    -- Of the one secret that there is; the secret itself was shown once.
    secret_hash       BYTEA   NOT NULL,
    secret_last_four  TEXT COLLATE "C"    NOT NULL,
    secret_created_at BIGINT NOT NULL,
    created_by_kind   TEXT COLLATE "C"    NOT NULL,
    created_by        TEXT COLLATE "C"    NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    archived_at       BIGINT,
    CONSTRAINT "service_accounts.tenant_id, service_accounts.id" PRIMARY KEY (tenant_id, id),
    -- By which it names itself when it asks for a token.
    CONSTRAINT "service_accounts.id" UNIQUE (id)
);

CREATE INDEX service_accounts_in_use ON service_accounts (tenant_id, id) WHERE archived_at IS NULL;
