-- What people prove a second time who they are with.

-- The device that shows a person codes. Until it was confirmed by one of them
-- nobody is asked for any.
CREATE TABLE totp_factors (
    directory_id     BYTEA NOT NULL,
    user_id          BYTEA NOT NULL,
    id               BYTEA NOT NULL,
    -- Whose data key seals the secret, and which of those.
    issuer           BYTEA NOT NULL,
    data_key_version INTEGER NOT NULL,
    sealed           BYTEA NOT NULL,
    created_at       BIGINT NOT NULL,
    confirmed_at     BIGINT,
    -- Of the newest code that was used: no code is good twice.
    last_step        BIGINT,
    CONSTRAINT "totp_factors.directory_id, totp_factors.user_id" PRIMARY KEY (directory_id, user_id)
);

-- Codes that stand in for a lost device, each once: what is here was not used.
CREATE TABLE backup_codes (
    directory_id BYTEA NOT NULL,
    user_id      BYTEA NOT NULL,
    -- Keyed, since a code is short.
    tag          BYTEA NOT NULL,
    CONSTRAINT "backup_codes.user_id, backup_codes.tag" PRIMARY KEY (user_id, tag)
);

CREATE INDEX backup_codes_by_user ON backup_codes (directory_id, user_id);

-- People who gave the first proof and are asked for the second.
CREATE TABLE challenges (
    hash           BYTEA NOT NULL,
    directory_id   BYTEA NOT NULL,
    user_id        BYTEA NOT NULL,
    application_id BYTEA,
    -- Words of RFC 8176 with a space between two.
    methods        TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    CONSTRAINT "challenges.hash" PRIMARY KEY (hash)
);

CREATE INDEX challenges_by_user ON challenges (directory_id, user_id, created_at);
CREATE INDEX challenges_by_end  ON challenges (expires_at);
