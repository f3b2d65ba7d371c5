-- Who acted as whom, when and why. Kept as long as the user is, so longer than
-- the session in which it happened.
CREATE TABLE impersonations (
    owner          BYTEA   NOT NULL,
    owner_level    SMALLINT NOT NULL,
    application_id BYTEA   NOT NULL,
    id             BYTEA   NOT NULL,
    directory_id   BYTEA   NOT NULL,
    user_id        BYTEA   NOT NULL,
    session_id     BYTEA   NOT NULL,
    operator_id    BYTEA   NOT NULL,
    reason         TEXT COLLATE "C" NOT NULL,
    address        TEXT COLLATE "C",
    user_agent     TEXT COLLATE "C",
    started_at     BIGINT  NOT NULL,
    expires_at     BIGINT  NOT NULL,
    -- Nothing for one that goes on, and for one that expired.
    ended_at       BIGINT,
    -- ended or revoked.
    end_reason     TEXT COLLATE "C",
    CONSTRAINT "impersonations.id"         PRIMARY KEY (id),
    CONSTRAINT "impersonations.session_id" UNIQUE (session_id)
);

CREATE INDEX impersonations_by_user        ON impersonations (directory_id, user_id, application_id, id);
-- None lasts longer than an hour, so that few of them have not expired.
CREATE INDEX impersonations_by_application ON impersonations (application_id, expires_at);
CREATE INDEX impersonations_by_operator    ON impersonations (operator_id, expires_at);

-- Of a session in which somebody acts as its user.
ALTER TABLE sessions ADD COLUMN impersonation_id BYTEA;
