-- Service accounts: programs that administer a tenant in their own name.
CREATE TABLE service_accounts (
    tenant_id         BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    name              TEXT    NOT NULL,
    description       TEXT,
    role              TEXT    NOT NULL,
    -- Of the one secret that there is; the secret itself was shown once.
    secret_hash       BLOB    NOT NULL,
    secret_last_four  TEXT    NOT NULL,
    secret_created_at INTEGER NOT NULL,
    created_by_kind   TEXT    NOT NULL,
    created_by        TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    archived_at       INTEGER,
    CONSTRAINT "service_accounts.tenant_id, service_accounts.id" PRIMARY KEY (tenant_id, id),
    -- By which it names itself when it asks for a token.
    CONSTRAINT "service_accounts.id" UNIQUE (id)
) STRICT;

CREATE INDEX service_accounts_in_use ON service_accounts (tenant_id, id) WHERE archived_at IS NULL;
