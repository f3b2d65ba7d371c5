-- Who acted as whom, when and why. Kept as long as the user is, so longer than
-- the session in which it happened.
CREATE TABLE impersonations (
    owner          BLOB    NOT NULL,
    owner_level    INTEGER NOT NULL,
    application_id BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    directory_id   BLOB    NOT NULL,
    user_id        BLOB    NOT NULL,
    session_id     BLOB    NOT NULL,
    operator_id    BLOB    NOT NULL,
    reason         TEXT    NOT NULL,
    address        TEXT,
    user_agent     TEXT,
    started_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    -- Nothing for one that goes on, and for one that expired.
    ended_at       INTEGER,
    -- ended or revoked.
    end_reason     TEXT,
    CONSTRAINT "impersonations.id"         PRIMARY KEY (id),
    CONSTRAINT "impersonations.session_id" UNIQUE (session_id)
) STRICT;

CREATE INDEX impersonations_by_user        ON impersonations (directory_id, user_id, application_id, id);
-- None lasts longer than an hour, so that few of them have not expired.
CREATE INDEX impersonations_by_application ON impersonations (application_id, expires_at);
CREATE INDEX impersonations_by_operator    ON impersonations (operator_id, expires_at);

-- Of a session in which somebody acts as its user.
ALTER TABLE sessions ADD COLUMN impersonation_id BLOB;
