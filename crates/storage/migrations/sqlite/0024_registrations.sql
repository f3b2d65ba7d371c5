-- Applications that register themselves (RFC 7591): what a tenant wants of it,
-- those that did, and the tokens that let them.
ALTER TABLE tenants ADD COLUMN client_registration TEXT NOT NULL DEFAULT 'closed';
ALTER TABLE tenants ADD COLUMN unused_registration_ttl_s INTEGER NOT NULL DEFAULT 86400;

CREATE TABLE registrations (
    application_id BLOB  NOT NULL,
    tenant_id      BLOB  NOT NULL,
    -- Of the registration access token; the token itself was shown once.
    token_hash     BLOB  NOT NULL,
    -- The initial access token that let it in; null where nobody needs one.
    let_in_by      BLOB,
    -- What it says of itself beyond what an application is: JSON.
    said           TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    -- Until when it is kept without a token; null once it got one.
    unused_until   INTEGER,
    CONSTRAINT "registrations.application_id" PRIMARY KEY (application_id)
) STRICT;

CREATE INDEX registrations_unused ON registrations (tenant_id, application_id)
    WHERE unused_until IS NOT NULL;
CREATE INDEX registrations_by_end ON registrations (unused_until, application_id)
    WHERE unused_until IS NOT NULL;

CREATE TABLE registration_tokens (
    tenant_id       BLOB   NOT NULL,
    id              BLOB   NOT NULL,
    name            TEXT,
    hash            BLOB   NOT NULL,
    last_four       TEXT NOT NULL,
    uses            INTEGER NOT NULL,
    max_uses        INTEGER NOT NULL,
    created_by_kind TEXT NOT NULL,
    created_by      TEXT NOT NULL,
    created_at      INTEGER  NOT NULL,
    expires_at      INTEGER  NOT NULL,
    CONSTRAINT "registration_tokens.tenant_id, registration_tokens.id" PRIMARY KEY (tenant_id, id),
    CONSTRAINT "registration_tokens.hash" UNIQUE (hash)
) STRICT;

CREATE INDEX registration_tokens_by_end ON registration_tokens (expires_at);
