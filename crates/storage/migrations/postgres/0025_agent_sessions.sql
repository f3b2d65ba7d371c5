-- What agents have at the gateway, and how many of them there ever were.

CREATE TABLE agent_sessions (
    application_id BYTEA  NOT NULL,
    id             BYTEA  NOT NULL,
    tenant_id      BYTEA  NOT NULL,
    -- For whom the agent speaks; null where the application does for itself.
    directory_id   BYTEA,
    user_id        BYTEA,
    -- What finds it when nobody names it.
    found_by       BYTEA,
    client_name    TEXT COLLATE "C",
    client_version TEXT COLLATE "C",
    protocol       TEXT COLLATE "C" NOT NULL,
    address        TEXT COLLATE "C",
    user_agent     TEXT COLLATE "C",
    -- Calls of tools.
    calls          BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    last_seen_at   BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    CONSTRAINT "agent_sessions.application_id, agent_sessions.id" PRIMARY KEY (application_id, id)
);

CREATE UNIQUE INDEX "agent_sessions.application_id, agent_sessions.found_by"
    ON agent_sessions (application_id, found_by) WHERE found_by IS NOT NULL AND ended_at IS NULL;
CREATE INDEX agent_sessions_live      ON agent_sessions (application_id, expires_at) WHERE ended_at IS NULL;
CREATE INDEX agent_sessions_by_tenant ON agent_sessions (tenant_id, id);
CREATE INDEX agent_sessions_by_user   ON agent_sessions (directory_id, user_id);
CREATE INDEX agent_sessions_by_end    ON agent_sessions (expires_at);

CREATE TABLE agent_session_totals (
    application_id BYTEA   NOT NULL,
    -- Counted in several, so that those who begin do not wait for each other.
    part           INTEGER NOT NULL,
    begun          BIGINT  NOT NULL,
    CONSTRAINT "agent_session_totals.application_id, agent_session_totals.part" PRIMARY KEY (application_id, part)
);
