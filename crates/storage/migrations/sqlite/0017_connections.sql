-- Those who sign an application's people in for it.

-- What an application is registered as with a provider, in one environment.
CREATE TABLE connections (
    id               BLOB    NOT NULL,
    -- Of the people whom it signs in.
    directory_id     BLOB    NOT NULL,
    provider         TEXT    NOT NULL,
    -- Null where everybody knows it.
    issuer           TEXT,
    client_id        TEXT    NOT NULL,
    -- With a space between two.
    scopes           TEXT    NOT NULL,
    display_name     TEXT,
    apple_team_id    TEXT,
    apple_key_id     TEXT,
    enabled          INTEGER NOT NULL,
    -- Whose data key seals the secret, and which of those.
    sealed_by        BLOB    NOT NULL,
    data_key_version INTEGER NOT NULL,
    sealed           BLOB    NOT NULL,
    version          INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CONSTRAINT "connections.id" PRIMARY KEY (id),
    CONSTRAINT "connections.directory_id, connections.provider" UNIQUE (directory_id, provider)
) STRICT;

-- Who people are with those providers.
CREATE TABLE identities (
    connection_id  BLOB    NOT NULL,
    directory_id   BLOB    NOT NULL,
    user_id        BLOB    NOT NULL,
    subject        TEXT    NOT NULL,
    email          TEXT,
    email_verified INTEGER NOT NULL,
    name           TEXT,
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER NOT NULL,
    CONSTRAINT "identities.connection_id, identities.user_id" PRIMARY KEY (connection_id, user_id),
    CONSTRAINT "identities.connection_id, identities.subject" UNIQUE (connection_id, subject)
) STRICT;

CREATE INDEX identities_by_user ON identities (directory_id, user_id);

-- People who were sent to a provider and are awaited back.
CREATE TABLE authorizations_under_way (
    -- Of the state that they bring.
    hash          BLOB    NOT NULL,
    directory_id  BLOB    NOT NULL,
    connection_id BLOB    NOT NULL,
    redirect_uri  TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    CONSTRAINT "authorizations_under_way.hash" PRIMARY KEY (hash)
) STRICT;

CREATE INDEX authorizations_by_directory ON authorizations_under_way (directory_id);
CREATE INDEX authorizations_by_end       ON authorizations_under_way (expires_at);
