-- Failures to sign in are counted of accounts, of names that nobody has and of
-- addresses, and on every node alike.
CREATE TABLE counted_lockouts (
    directory_id   BYTEA   NOT NULL,
    -- account, name or address.
    kind           TEXT COLLATE "C" NOT NULL,
    -- Of an account the user's id, of a name its tag, of an address its network.
    subject        BYTEA   NOT NULL,
    failures       INTEGER NOT NULL,
    counted_since  BIGINT  NOT NULL,
    last_failed_at BIGINT  NOT NULL,
    locked_until   BIGINT,
    CONSTRAINT "lockouts.directory_id, lockouts.kind, lockouts.subject"
        PRIMARY KEY (directory_id, kind, subject)
);

INSERT INTO counted_lockouts
    (directory_id, kind, subject, failures, counted_since, last_failed_at, locked_until)
SELECT directory_id, 'account', user_id, failures, last_failed_at, last_failed_at, locked_until FROM lockouts;

DROP TABLE lockouts;
ALTER TABLE counted_lockouts RENAME TO lockouts;

CREATE INDEX lockouts_by_age ON lockouts (last_failed_at);
-- What anybody can make up is bounded.
CREATE INDEX lockouts_bounded ON lockouts (directory_id, kind, last_failed_at) WHERE kind <> 'account';

-- Sessions that have ended and are more than one transaction should write so. A
-- session is one of them when it was begun until then, and both ids are its
-- user's or its application's.
CREATE TABLE session_endings (
    -- user, consent (a user's with one application) or application.
    kind      TEXT COLLATE "C" NOT NULL,
    subject   BYTEA  NOT NULL,
    with_id   BYTEA  NOT NULL,
    -- Of an application.
    owner     BYTEA,
    ended_at  BIGINT NOT NULL,
    forget_at BIGINT NOT NULL,
    CONSTRAINT "session_endings.subject, session_endings.with_id" PRIMARY KEY (subject, with_id)
);
