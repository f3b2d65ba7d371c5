-- Servers of tools, and APIs, that a tenant's applications may reach.

CREATE TABLE integrations (
    tenant_id         BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    name              TEXT    NOT NULL,
    -- The name as it is compared.
    name_key          TEXT    NOT NULL,
    url               TEXT    NOT NULL,
    category          TEXT    NOT NULL,
    auth_mode         TEXT    NOT NULL,
    -- What else is said of it: JSON.
    settings          TEXT    NOT NULL,
    -- Which of the tenant's data keys seals each of the two, which may be null.
    server_token_key  INTEGER,
    server_token      BLOB,
    client_secret_key INTEGER,
    client_secret     BLOB,
    -- What came of the last attempt to reach it: JSON.
    validation        TEXT,
    -- Connections of an earlier one are no longer there.
    generation        INTEGER NOT NULL,
    created_by_kind   TEXT    NOT NULL,
    created_by_id     TEXT    NOT NULL,
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    archived_at       INTEGER,
    CONSTRAINT "integrations.tenant_id, integrations.id" PRIMARY KEY (tenant_id, id)
) STRICT;

-- An archived one gives its name free.
CREATE UNIQUE INDEX "integrations.tenant_id, integrations.name_key"
    ON integrations (tenant_id, name_key) WHERE archived_at IS NULL;
CREATE INDEX integrations_by_name ON integrations (tenant_id, name_key, id);

-- Which of them an application reaches.
CREATE TABLE attachments (
    application_id BLOB    NOT NULL,
    integration_id BLOB    NOT NULL,
    tenant_id      BLOB    NOT NULL,
    attached_at    INTEGER NOT NULL,
    CONSTRAINT "attachments.application_id, attachments.integration_id" PRIMARY KEY (application_id, integration_id)
) STRICT;

CREATE INDEX attachments_by_integration ON attachments (tenant_id, integration_id, application_id);

-- What people allowed us there.
CREATE TABLE linked_accounts (
    tenant_id        BLOB    NOT NULL,
    integration_id   BLOB    NOT NULL,
    generation       INTEGER NOT NULL,
    user_id          BLOB    NOT NULL,
    directory_id     BLOB    NOT NULL,
    -- Which of the tenant's data keys seals the tokens: JSON.
    data_key_version INTEGER NOT NULL,
    sealed           BLOB    NOT NULL,
    -- Whether there is one to get others with.
    refreshable      INTEGER NOT NULL,
    -- Of the access token; null where nobody said.
    expires_at       INTEGER,
    -- When the tokens turned out to be worth nothing.
    refused_at       INTEGER,
    -- Until when somebody may be getting others.
    refreshing_until INTEGER,
    version          INTEGER NOT NULL,
    connected_at     INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CONSTRAINT "linked_accounts.integration_id, linked_accounts.user_id" PRIMARY KEY (integration_id, user_id)
) STRICT;

CREATE INDEX linked_accounts_by_integration
    ON linked_accounts (tenant_id, integration_id, generation, user_id);
CREATE INDEX linked_accounts_by_user ON linked_accounts (directory_id, user_id);

-- People who were sent there to allow us something, and are awaited back.
CREATE TABLE integration_errands (
    -- Of the state that they bring.
    hash             BLOB    NOT NULL,
    tenant_id        BLOB    NOT NULL,
    integration_id   BLOB    NOT NULL,
    generation       INTEGER NOT NULL,
    directory_id     BLOB    NOT NULL,
    user_id          BLOB    NOT NULL,
    application_id   BLOB    NOT NULL,
    -- Where to go from our page: one of the application's redirect URIs.
    return_to        TEXT,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    CONSTRAINT "integration_errands.hash" PRIMARY KEY (hash)
) STRICT;

CREATE INDEX integration_errands_by_application ON integration_errands (application_id);
CREATE INDEX integration_errands_by_user ON integration_errands (directory_id, user_id);
CREATE INDEX integration_errands_by_end  ON integration_errands (expires_at);
