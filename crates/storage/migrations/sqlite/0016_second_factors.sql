-- What people prove a second time who they are with.

-- The device that shows a person codes. Until it was confirmed by one of them
-- nobody is asked for any.
CREATE TABLE totp_factors (
    directory_id     BLOB NOT NULL,
    user_id          BLOB NOT NULL,
    id               BLOB NOT NULL,
    -- Whose data key seals the secret, and which of those.
    issuer           BLOB NOT NULL,
    data_key_version INTEGER NOT NULL,
    sealed           BLOB NOT NULL,
    created_at       INTEGER NOT NULL,
    confirmed_at     INTEGER,
    -- Of the newest code that was used: no code is good twice.
    last_step        INTEGER,
    CONSTRAINT "totp_factors.directory_id, totp_factors.user_id" PRIMARY KEY (directory_id, user_id)
) STRICT;

-- Codes that stand in for a lost device, each once: what is here was not used.
CREATE TABLE backup_codes (
    directory_id BLOB NOT NULL,
    user_id      BLOB NOT NULL,
    -- Keyed, since a code is short.
    tag          BLOB NOT NULL,
    CONSTRAINT "backup_codes.user_id, backup_codes.tag" PRIMARY KEY (user_id, tag)
) STRICT;

CREATE INDEX backup_codes_by_user ON backup_codes (directory_id, user_id);

-- People who gave the first proof and are asked for the second.
CREATE TABLE challenges (
    hash           BLOB NOT NULL,
    directory_id   BLOB NOT NULL,
    user_id        BLOB NOT NULL,
    application_id BLOB,
    -- Words of RFC 8176 with a space between two.
    methods        TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    CONSTRAINT "challenges.hash" PRIMARY KEY (hash)
) STRICT;

CREATE INDEX challenges_by_user ON challenges (directory_id, user_id, created_at);
CREATE INDEX challenges_by_end  ON challenges (expires_at);
