-- Rules for every migration, so that both databases answer alike:
--   - tables are STRICT;
--   - a unique constraint has in PostgreSQL the name that SQLite reports:
--     "table.column", or "table.first, table.second";
--   - no constraint is deferred: several transactions share a commit here.

-- The change feed. A row is written in the transaction of the change, and
-- swept after an hour.

CREATE TABLE changes (
    seq   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL,
    key   BLOB    NOT NULL CHECK (length(key) = 16),
    at    INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT;

-- Applications lead with who owns them: a partner's or tenant's id, or zeros
-- for the platform.

CREATE TABLE applications (
    -- Its place in the search index. Rows without one are numbered anew by VACUUM.
    number      INTEGER NOT NULL PRIMARY KEY,
    owner       BLOB    NOT NULL,
    owner_level INTEGER NOT NULL,
    id          BLOB    NOT NULL,
    kind        TEXT NOT NULL,
    slug        TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    logo_url    TEXT,
    -- A JSON array, as the owner ordered it; tags is the index.
    tags        TEXT NOT NULL,
    state       TEXT NOT NULL,
    archived    INTEGER  NOT NULL,
    archived_at INTEGER,
    expires_at  INTEGER,
    -- JSON, null for a kind without the facet.
    oauth       TEXT,
    saml        TEXT,
    -- Folded name, description and client_id, a line each.
    search_text TEXT NOT NULL,
    -- How many audit entries tell of it.
    audit_total INTEGER NOT NULL DEFAULT 0,
    version     INTEGER   NOT NULL,
    created_at  INTEGER   NOT NULL,
    updated_at  INTEGER   NOT NULL,
    CONSTRAINT "applications.owner, applications.id"   UNIQUE (owner, id),
    CONSTRAINT "applications.owner, applications.slug" UNIQUE (owner, slug)
) STRICT;

CREATE INDEX applications_newest   ON applications (owner, archived, id);
CREATE INDEX applications_by_state ON applications (owner, archived, state, id);
CREATE INDEX applications_by_kind  ON applications (owner, archived, kind, id);
CREATE INDEX applications_by_end   ON applications (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE tags (
    owner    BLOB   NOT NULL,
    tag      TEXT NOT NULL,
    id       BLOB   NOT NULL,
    CONSTRAINT "tags.owner, tags.tag, tags.id" PRIMARY KEY (owner, tag, id)
) STRICT;

CREATE INDEX tags_by_id ON tags (owner, id);

-- The search index: hashes of the owner and every three characters of
-- search_text (decision 0006), by the application's number.
CREATE VIRTUAL TABLE application_grams USING fts5(
    grams, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);

-- Every id ever given out and whose it is; a deleted one keeps its row, so that
-- it is never given out again.
CREATE TABLE application_ids (
    id         BLOB  NOT NULL,
    owner      BLOB  NOT NULL,
    deleted_at INTEGER,
    CONSTRAINT "application_ids.id" PRIMARY KEY (id)
) STRICT;

CREATE TABLE credentials (
    application_id BLOB  NOT NULL,
    id             BLOB  NOT NULL,
    origin         TEXT NOT NULL,
    prefix         TEXT NOT NULL,
    hash           BLOB  NOT NULL,
    last_four      TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER,
    revoked_at     INTEGER,
    -- From when on it is of no use; the end of time when nothing ends it.
    dead_at        INTEGER NOT NULL GENERATED ALWAYS AS
        (min(coalesce(expires_at, 9223372036854775807), coalesce(revoked_at, 9223372036854775807))) STORED,
    CONSTRAINT "credentials.application_id, credentials.id" PRIMARY KEY (application_id, id),
    CONSTRAINT "credentials.hash" UNIQUE (hash)
) STRICT;

CREATE INDEX credentials_by_application ON credentials (application_id, dead_at);
CREATE INDEX credentials_by_death       ON credentials (dead_at);

-- One that is neither ended nor expired keeps its application from being deleted.
CREATE TABLE sessions (
    owner          BLOB NOT NULL,
    owner_level    INTEGER NOT NULL,
    application_id BLOB NOT NULL,
    id             BLOB NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    CONSTRAINT "sessions.owner, sessions.application_id, sessions.id" PRIMARY KEY (owner, application_id, id)
) STRICT;

CREATE INDEX sessions_not_ended ON sessions (owner, application_id, expires_at) WHERE ended_at IS NULL;

-- Every node holds all of them in memory, so that they are ordered by what is
-- revoked and not by who owns it.
CREATE TABLE revocations (
    -- The id of a token or an application; which, the kind says.
    subject     BLOB NOT NULL,
    kind        TEXT NOT NULL,
    owner       BLOB NOT NULL,
    owner_level INTEGER NOT NULL,
    revoked_at  INTEGER NOT NULL,
    forget_at   INTEGER NOT NULL,
    CONSTRAINT "revocations.subject, revocations.kind" PRIMARY KEY (subject, kind)
) STRICT;

CREATE INDEX revocations_by_end ON revocations (forget_at);

CREATE TABLE audit_entries (
    owner          BLOB  NOT NULL,
    owner_level    INTEGER NOT NULL,
    id             BLOB  NOT NULL,
    occurred_at    INTEGER NOT NULL,
    actor_kind     TEXT NOT NULL,
    actor_id       TEXT NOT NULL,
    action         TEXT NOT NULL,
    application_id BLOB,
    before         TEXT,
    after          TEXT,
    request_id     TEXT NOT NULL,
    address        TEXT,
    CONSTRAINT "audit_entries.owner, audit_entries.id" PRIMARY KEY (owner, id)
) STRICT;

CREATE INDEX audit_entries_by_application ON audit_entries (owner, application_id, id);
CREATE INDEX audit_entries_by_actor ON audit_entries (owner, actor_id, id);
CREATE INDEX audit_entries_by_action ON audit_entries (owner, action, id);

-- Tenants, and the keys that are theirs. An owner of keys is a tenant, or zero
-- for the platform, and so refers to no table.

CREATE TABLE partners (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tenants (
    id                        BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    partner_id                BLOB    REFERENCES partners (id),
    slug                      TEXT    NOT NULL UNIQUE,
    name                      TEXT    NOT NULL,
    secret_rotation_overlap_s INTEGER NOT NULL DEFAULT 259200,
    access_token_signing_alg  TEXT    NOT NULL DEFAULT 'ES256',
    created_at                INTEGER NOT NULL,
    updated_at                INTEGER NOT NULL,
    version                   INTEGER NOT NULL
) STRICT;

CREATE INDEX tenants_by_partner ON tenants (partner_id);

CREATE TABLE data_keys (
    owner      BLOB    NOT NULL CHECK (length(owner) = 16),
    version    INTEGER NOT NULL,
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, version)
) STRICT;

CREATE TABLE signing_keys (
    owner            BLOB    NOT NULL CHECK (length(owner) = 16),
    id               BLOB    NOT NULL CHECK (length(id) = 16),
    alg              TEXT    NOT NULL,
    public_jwk       TEXT    NOT NULL,
    sealed_private   BLOB    NOT NULL,
    data_key_version INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    activates_at     INTEGER NOT NULL,
    retires_at       INTEGER,
    PRIMARY KEY (owner, id),
    FOREIGN KEY (owner, data_key_version) REFERENCES data_keys (owner, version)
) STRICT;

-- Scopes that tenants register for their own APIs.

CREATE TABLE scopes (
    tenant_id   BLOB  NOT NULL,
    scope       TEXT NOT NULL,
    id          BLOB  NOT NULL,
    description TEXT,
    created_at  INTEGER NOT NULL,
    CONSTRAINT "scopes.tenant_id, scopes.scope" PRIMARY KEY (tenant_id, scope)
) STRICT;

-- People who run the platform, a partner or a tenant.

CREATE TABLE operators (
    id            BLOB NOT NULL,
    email         TEXT NOT NULL,
    -- Two addresses that differ in case only are one.
    email_folded  TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    CONSTRAINT "operators.id"           PRIMARY KEY (id),
    CONSTRAINT "operators.email_folded" UNIQUE (email_folded)
) STRICT;

CREATE TABLE roles (
    operator_id BLOB NOT NULL REFERENCES operators (id),
    -- 0 the platform, 1 a partner, 2 a tenant, as for owners; and which.
    level       INTEGER NOT NULL,
    level_id    BLOB NOT NULL,
    role        TEXT NOT NULL,
    CONSTRAINT "roles.operator_id, roles.level, roles.level_id, roles.role"
        PRIMARY KEY (operator_id, level, level_id, role)
) STRICT;

-- The application that a tenant's registry is managed with, as the bootstrap
-- made it; a name or a slug could be anybody's.
CREATE TABLE management_applications (
    tenant_id      BLOB NOT NULL,
    application_id BLOB NOT NULL,
    CONSTRAINT "management_applications.tenant_id" PRIMARY KEY (tenant_id)
) STRICT;
