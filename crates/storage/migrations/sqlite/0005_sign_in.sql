-- Signing in: browsers, the sessions that applications have in them, and what
-- comes of those.

-- A browser in which a person has proved who they are.
CREATE TABLE sign_ins (
    id               BLOB    NOT NULL,
    directory_id     BLOB    NOT NULL,
    user_id          BLOB    NOT NULL,
    -- Of the cookie.
    secret           BLOB    NOT NULL,
    authenticated_at INTEGER NOT NULL,
    -- Words of RFC 8176 with a space between two.
    methods          TEXT    NOT NULL,
    address          TEXT,
    user_agent       TEXT,
    created_at       INTEGER NOT NULL,
    -- In no index, since it changes all the time.
    last_seen_at     INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    ended_at         INTEGER,
    -- From when on it is over.
    dead_at          INTEGER NOT NULL GENERATED ALWAYS AS
        (min(expires_at, coalesce(ended_at, 9223372036854775807))) STORED,
    CONSTRAINT "sign_ins.id"     PRIMARY KEY (id),
    CONSTRAINT "sign_ins.secret" UNIQUE (secret)
) STRICT;

CREATE INDEX sign_ins_by_user  ON sign_ins (directory_id, user_id, id);
CREATE INDEX sign_ins_by_death ON sign_ins (dead_at);

-- Nothing could begin a session before, so there is none to keep. What the
-- release before asks for is still there.
DROP TABLE sessions;

CREATE TABLE sessions (
    owner          BLOB    NOT NULL,
    owner_level    INTEGER NOT NULL,
    application_id BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    directory_id   BLOB    NOT NULL,
    user_id        BLOB    NOT NULL,
    sign_in_id     BLOB,
    address        TEXT,
    user_agent     TEXT,
    created_at     INTEGER NOT NULL,
    -- In no index, since it changes all the time.
    last_seen_at   INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    ended_at       INTEGER,
    -- From when on it is over.
    dead_at        INTEGER NOT NULL GENERATED ALWAYS AS
        (min(expires_at, coalesce(ended_at, 9223372036854775807))) STORED,
    CONSTRAINT "sessions.id" PRIMARY KEY (id)
) STRICT;

CREATE INDEX sessions_newest     ON sessions (owner, application_id, id);
-- One that is not over keeps its application from being deleted.
CREATE INDEX sessions_live       ON sessions (owner, application_id, dead_at);
CREATE INDEX sessions_by_user    ON sessions (user_id, id);
CREATE INDEX sessions_by_sign_in ON sessions (sign_in_id, application_id)
    WHERE sign_in_id IS NOT NULL AND ended_at IS NULL;
CREATE INDEX sessions_by_death   ON sessions (dead_at, id);

-- How many sessions an application ever had, in parts that are summed, so that
-- two who begin one are seldom in each other's way.
CREATE TABLE session_totals (
    application_id BLOB    NOT NULL,
    part           INTEGER NOT NULL,
    -- Of those that are still there.
    kept           INTEGER NOT NULL,
    -- Of those that were swept.
    swept          INTEGER NOT NULL,
    CONSTRAINT "session_totals.application_id, session_totals.part" PRIMARY KEY (application_id, part)
) STRICT;

-- Kept for a while after they were redeemed, so that a second try is noticed.
CREATE TABLE codes (
    hash             BLOB    NOT NULL,
    owner            BLOB    NOT NULL,
    owner_level      INTEGER NOT NULL,
    application_id   BLOB    NOT NULL,
    session_id       BLOB    NOT NULL,
    grant_id         BLOB    NOT NULL,
    directory_id     BLOB    NOT NULL,
    user_id          BLOB    NOT NULL,
    redirect_uri     TEXT,
    challenge        BLOB,
    scope            TEXT    NOT NULL,
    -- A JSON array.
    audience         TEXT    NOT NULL,
    client_spelling  TEXT    NOT NULL,
    nonce            TEXT,
    authenticated_at INTEGER NOT NULL,
    methods          TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    redeemed_at      INTEGER,
    CONSTRAINT "codes.hash" PRIMARY KEY (hash)
) STRICT;

CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_end     ON codes (expires_at);

-- What codes led to, each with its family of refresh tokens, if it has one.
CREATE TABLE grants (
    id               BLOB    NOT NULL,
    owner            BLOB    NOT NULL,
    owner_level      INTEGER NOT NULL,
    application_id   BLOB    NOT NULL,
    session_id       BLOB    NOT NULL,
    directory_id     BLOB    NOT NULL,
    user_id          BLOB    NOT NULL,
    scope            TEXT    NOT NULL,
    -- A JSON array.
    audience         TEXT    NOT NULL,
    client_spelling  TEXT    NOT NULL,
    authenticated_at INTEGER NOT NULL,
    methods          TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    -- Hashes of what finds the family, of its newest token and of the one before.
    family           BLOB,
    current          BLOB,
    previous         BLOB,
    -- Makes the newest of the one before.
    link             BLOB,
    rotated_at       INTEGER,
    expires_at       INTEGER,
    last_expires_at  INTEGER,
    ended_at         INTEGER,
    -- From when on nothing can be got with it. One without refresh tokens is
    -- kept for a day, which is longer than its code.
    dead_at          INTEGER NOT NULL GENERATED ALWAYS AS
        (min(coalesce(ended_at, 9223372036854775807), coalesce(expires_at, created_at + 86400000000))) STORED,
    CONSTRAINT "grants.id"     PRIMARY KEY (id),
    CONSTRAINT "grants.family" UNIQUE (family)
) STRICT;

CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_death   ON grants (dead_at);

-- What people allowed applications.
CREATE TABLE consents (
    directory_id   BLOB    NOT NULL,
    user_id        BLOB    NOT NULL,
    application_id BLOB    NOT NULL,
    scope          TEXT    NOT NULL,
    granted_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    CONSTRAINT "consents.user_id, consents.application_id" PRIMARY KEY (user_id, application_id)
) STRICT;

CREATE INDEX consents_by_application ON consents (application_id);

-- Mailed addresses that are good for one time.
CREATE TABLE links (
    hash         BLOB    NOT NULL,
    directory_id BLOB    NOT NULL,
    user_id      BLOB    NOT NULL,
    purpose      TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CONSTRAINT "links.hash" PRIMARY KEY (hash)
) STRICT;

CREATE INDEX links_by_user ON links (directory_id, user_id, purpose, created_at);
CREATE INDEX links_by_end  ON links (expires_at);

-- Accounts that somebody failed to sign in to. A success deletes the row.
CREATE TABLE lockouts (
    directory_id   BLOB    NOT NULL,
    user_id        BLOB    NOT NULL,
    failures       INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    locked_until   INTEGER,
    CONSTRAINT "lockouts.directory_id, lockouts.user_id" PRIMARY KEY (directory_id, user_id)
) STRICT;

CREATE INDEX lockouts_by_age ON lockouts (last_failed_at);

-- What was deleted and had more than one transaction should delete. Nothing of
-- it is reached any more; the rest goes some at a time.
CREATE TABLE remains (
    -- Whether it was an application, a directory or a group.
    noun  TEXT NOT NULL,
    id    BLOB NOT NULL,
    -- Of an application its owner, of a group its directory, of a directory itself.
    whose BLOB NOT NULL,
    CONSTRAINT "remains.noun, remains.id" PRIMARY KEY (noun, id)
) STRICT;
