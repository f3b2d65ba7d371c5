-- What agents have at the gateway, and how many of them there ever were.

CREATE TABLE agent_sessions (
    application_id BLOB  NOT NULL,
    id             BLOB  NOT NULL,
    tenant_id      BLOB  NOT NULL,
    -- For whom the agent speaks; null where the application does for itself.
    directory_id   BLOB,
    user_id        BLOB,
    -- What finds it when nobody names it.
    found_by       BLOB,
    client_name    TEXT,
    client_version TEXT,
    protocol       TEXT NOT NULL,
    address        TEXT,
    user_agent     TEXT,
    -- Calls of tools.
    calls          INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    last_seen_at   INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    CONSTRAINT "agent_sessions.application_id, agent_sessions.id" PRIMARY KEY (application_id, id)
) STRICT;

CREATE UNIQUE INDEX "agent_sessions.application_id, agent_sessions.found_by"
    ON agent_sessions (application_id, found_by) WHERE found_by IS NOT NULL AND ended_at IS NULL;
CREATE INDEX agent_sessions_live      ON agent_sessions (application_id, expires_at) WHERE ended_at IS NULL;
CREATE INDEX agent_sessions_by_tenant ON agent_sessions (tenant_id, id);
CREATE INDEX agent_sessions_by_user   ON agent_sessions (directory_id, user_id);
CREATE INDEX agent_sessions_by_end    ON agent_sessions (expires_at);

CREATE TABLE agent_session_totals (
    application_id BLOB   NOT NULL,
    -- Counted in several, so that those who begin do not wait for each other.
    part           INTEGER NOT NULL,
    begun          INTEGER  NOT NULL,
    CONSTRAINT "agent_session_totals.application_id, agent_session_totals.part" PRIMARY KEY (application_id, part)
) STRICT;
