-- Those who sign an application's people in for it.

-- What an application is registered as with a provider, in one environment.
CREATE TABLE connections (
    id               BYTEA NOT NULL,
    -- Of the people whom it signs in.
    directory_id     BYTEA NOT NULL,
    provider         TEXT COLLATE "C" NOT NULL,
    -- Null where everybody knows it.
    issuer           TEXT COLLATE "C",
    client_id        TEXT COLLATE "C" NOT NULL,
    -- With a space between two.
    scopes           TEXT COLLATE "C" NOT NULL,
    display_name     TEXT COLLATE "C",
    apple_team_id    TEXT COLLATE "C",
    apple_key_id     TEXT COLLATE "C",
    enabled          BOOLEAN NOT NULL,
    -- Whose data key seals the secret, and which of those.
    sealed_by        BYTEA NOT NULL,
    data_key_version INTEGER NOT NULL,
    sealed           BYTEA NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    CONSTRAINT "connections.id" PRIMARY KEY (id),
    CONSTRAINT "connections.directory_id, connections.provider" UNIQUE (directory_id, provider)
);

-- Who people are with those providers.
CREATE TABLE identities (
    connection_id  BYTEA NOT NULL,
    directory_id   BYTEA NOT NULL,
    user_id        BYTEA NOT NULL,
    subject        TEXT COLLATE "C" NOT NULL,
    email          TEXT COLLATE "C",
    email_verified BOOLEAN NOT NULL,
    name           TEXT COLLATE "C",
    created_at     BIGINT NOT NULL,
    last_used_at   BIGINT NOT NULL,
    CONSTRAINT "identities.connection_id, identities.user_id" PRIMARY KEY (connection_id, user_id),
    CONSTRAINT "identities.connection_id, identities.subject" UNIQUE (connection_id, subject)
);

CREATE INDEX identities_by_user ON identities (directory_id, user_id);

-- People who were sent to a provider and are awaited back.
CREATE TABLE authorizations_under_way (
    -- Of the state that they bring.
    hash          BYTEA NOT NULL,
    directory_id  BYTEA NOT NULL,
    connection_id BYTEA NOT NULL,
    redirect_uri  TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    CONSTRAINT "authorizations_under_way.hash" PRIMARY KEY (hash)
);

CREATE INDEX authorizations_by_directory ON authorizations_under_way (directory_id);
CREATE INDEX authorizations_by_end       ON authorizations_under_way (expires_at);
