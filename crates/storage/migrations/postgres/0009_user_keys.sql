-- Keys under which what the history says of a person is sealed. Whoever deletes
-- the key has erased that, wherever it was written and copied.
CREATE TABLE user_keys (
    directory_id     BYTEA  NOT NULL,
    user_id          BYTEA  NOT NULL,
    -- Whose data key wraps it, and which of those.
    issuer           BYTEA  NOT NULL,
    data_key_version BIGINT NOT NULL,
    wrapped          BYTEA  NOT NULL,
    created_at       BIGINT NOT NULL,
    CONSTRAINT "user_keys.directory_id, user_keys.user_id" PRIMARY KEY (directory_id, user_id)
);

-- Entries name their actor and nobody's directory.
CREATE INDEX user_keys_by_user ON user_keys (user_id);

-- Where somebody is signed in, those first that last longest.
DROP INDEX sign_ins_by_user;
CREATE INDEX sign_ins_live ON sign_ins (directory_id, user_id, dead_at, id);
