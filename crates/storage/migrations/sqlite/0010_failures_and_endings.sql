-- Failures to sign in are counted of accounts, of names that nobody has and of
-- addresses, and on every node alike.
CREATE TABLE counted_lockouts (
    directory_id   BLOB    NOT NULL,
    -- account, name or address.
    kind           TEXT    NOT NULL,
    -- Of an account the user's id, of a name its tag, of an address its network.
    subject        BLOB    NOT NULL,
    failures       INTEGER NOT NULL,
    counted_since  INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    locked_until   INTEGER,
    CONSTRAINT "lockouts.directory_id, lockouts.kind, lockouts.subject"
        PRIMARY KEY (directory_id, kind, subject)
) STRICT;

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
    kind      TEXT  NOT NULL,
    subject   BLOB  NOT NULL,
    with_id   BLOB  NOT NULL,
    -- Of an application.
    owner     BLOB,
    ended_at  INTEGER NOT NULL,
    forget_at INTEGER NOT NULL,
    CONSTRAINT "session_endings.subject, session_endings.with_id" PRIMARY KEY (subject, with_id)
) STRICT;
