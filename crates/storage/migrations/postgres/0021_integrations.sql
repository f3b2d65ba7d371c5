-- Servers of tools, and APIs, that a tenant's applications may reach.

CREATE TABLE integrations (
    tenant_id         BYTEA NOT NULL,
    id                BYTEA NOT NULL,
    name              TEXT COLLATE "C" NOT NULL,
    -- The name as it is compared.
    name_key          TEXT COLLATE "C" NOT NULL,
    url               TEXT COLLATE "C" NOT NULL,
    category          TEXT COLLATE "C" NOT NULL,
    auth_mode         TEXT COLLATE "C" NOT NULL,
    -- What else is said of it: JSON.
    settings          TEXT COLLATE "C" NOT NULL,
    -- Which of the tenant's data keys seals each of the two, which may be null.
    server_token_key  INTEGER,
    server_token      BYTEA,
    client_secret_key INTEGER,
    client_secret     BYTEA,
    -- What came of the last attempt to reach it: JSON.
    validation        TEXT COLLATE "C",
    -- Connections of an earlier one are no longer there.
    generation        BIGINT NOT NULL,
    created_by_kind   TEXT COLLATE "C" NOT NULL,
    created_by_id     TEXT COLLATE "C" NOT NULL,
    version           BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    archived_at       BIGINT,
    CONSTRAINT "integrations.tenant_id, integrations.id" PRIMARY KEY (tenant_id, id)
);

-- An archived one gives its name free.
CREATE UNIQUE INDEX "integrations.tenant_id, integrations.name_key"
    ON integrations (tenant_id, name_key) WHERE archived_at IS NULL;
CREATE INDEX integrations_by_name ON integrations (tenant_id, name_key, id);

-- Which of them an application reaches.
CREATE TABLE attachments (
    application_id BYTEA NOT NULL,
    integration_id BYTEA NOT NULL,
    tenant_id      BYTEA NOT NULL,
    attached_at    BIGINT NOT NULL,
    CONSTRAINT "attachments.application_id, attachments.integration_id" PRIMARY KEY (application_id, integration_id)
);

CREATE INDEX attachments_by_integration ON attachments (tenant_id, integration_id, application_id);

-- What people allowed us there.
CREATE TABLE linked_accounts (
    tenant_id        BYTEA NOT NULL,
    integration_id   BYTEA NOT NULL,
    generation       BIGINT NOT NULL,
    user_id          BYTEA NOT NULL,
    directory_id     BYTEA NOT NULL,
    -- Which of the tenant's data keys seals the tokens: JSON.
    data_key_version INTEGER NOT NULL,
    sealed           BYTEA NOT NULL,
    -- Whether there is one to get others with.
    refreshable      BOOLEAN NOT NULL,
    -- Of the access token; null where nobody said.
    expires_at       BIGINT,
    -- When the tokens turned out to be worth nothing.
    refused_at       BIGINT,
    -- Until when somebody may be getting others.
    refreshing_until BIGINT,
    version          BIGINT NOT NULL,
    connected_at     BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    CONSTRAINT "linked_accounts.integration_id, linked_accounts.user_id" PRIMARY KEY (integration_id, user_id)
);

CREATE INDEX linked_accounts_by_integration
    ON linked_accounts (tenant_id, integration_id, generation, user_id);
CREATE INDEX linked_accounts_by_user ON linked_accounts (directory_id, user_id);

-- People who were sent there to allow us something, and are awaited back.
CREATE TABLE integration_errands (
    -- Of the state that they bring.
    hash             BYTEA NOT NULL,
    tenant_id        BYTEA NOT NULL,
    integration_id   BYTEA NOT NULL,
    generation       BIGINT NOT NULL,
    directory_id     BYTEA NOT NULL,
    user_id          BYTEA NOT NULL,
    application_id   BYTEA NOT NULL,
    -- Where to go from our page: one of the application's redirect URIs.
    return_to        TEXT COLLATE "C",
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    CONSTRAINT "integration_errands.hash" PRIMARY KEY (hash)
);

CREATE INDEX integration_errands_by_application ON integration_errands (application_id);
CREATE INDEX integration_errands_by_user ON integration_errands (directory_id, user_id);
CREATE INDEX integration_errands_by_end  ON integration_errands (expires_at);
