-- People: who they are, which groups they are in, and what they may use.

CREATE TABLE directories (
    id                        BLOB    NOT NULL,
    owner                     BLOB    NOT NULL,
    owner_level               INTEGER NOT NULL,
    -- Null for the one that its owner's applications share.
    application_id            BLOB,
    environment               TEXT,
    password_min_length       INTEGER NOT NULL,
    password_free_failures    INTEGER NOT NULL,
    password_longest_delay_s  INTEGER NOT NULL,
    version                   INTEGER NOT NULL,
    created_at                INTEGER NOT NULL,
    updated_at                INTEGER NOT NULL,
    CONSTRAINT "directories.id" PRIMARY KEY (id),
    CONSTRAINT "directories.application_id, directories.environment" UNIQUE (application_id, environment),
    CONSTRAINT directories_serve_one CHECK ((application_id IS NULL) = (environment IS NULL))
) STRICT;

CREATE UNIQUE INDEX "directories.owner" ON directories (owner) WHERE application_id IS NULL;
CREATE INDEX directories_by_owner ON directories (owner, id);

CREATE TABLE users (
    -- Its place in the search index. Rows without one are numbered anew by VACUUM.
    number            INTEGER NOT NULL PRIMARY KEY,
    directory_id      BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    email             TEXT NOT NULL,
    -- Two addresses that differ in case only are one; so are two user names.
    email_key         TEXT NOT NULL,
    email_verified_at INTEGER,
    username          TEXT,
    username_key      TEXT,
    phone             TEXT,
    name              TEXT,
    given_name        TEXT,
    family_name       TEXT,
    picture           TEXT,
    locale            TEXT,
    status            TEXT NOT NULL,
    -- JSON objects.
    metadata          TEXT NOT NULL,
    custom_attributes TEXT NOT NULL,
    -- Folded, a line for each thing that is searched.
    search_text       TEXT NOT NULL,
    last_sign_in_at   INTEGER,
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    CONSTRAINT "users.directory_id, users.id"           UNIQUE (directory_id, id),
    CONSTRAINT "users.directory_id, users.email_key"    UNIQUE (directory_id, email_key),
    CONSTRAINT "users.directory_id, users.username_key" UNIQUE (directory_id, username_key)
) STRICT;

CREATE INDEX users_by_status ON users (directory_id, status, id);

-- As for applications (decision 0006), by directory.
CREATE VIRTUAL TABLE user_grams USING fts5(
    grams, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);

-- In a table of its own, so that no list of users reads it.
CREATE TABLE passwords (
    directory_id BLOB    NOT NULL,
    user_id      BLOB    NOT NULL,
    -- Argon2id, in PHC form.
    hash         TEXT    NOT NULL,
    changed_at   INTEGER NOT NULL,
    CONSTRAINT "passwords.directory_id, passwords.user_id" PRIMARY KEY (directory_id, user_id)
) STRICT;

CREATE TABLE groups (
    directory_id BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    -- Two names that differ in case only are one.
    name_key     TEXT    NOT NULL,
    description  TEXT,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    CONSTRAINT "groups.directory_id, groups.id"       PRIMARY KEY (directory_id, id),
    CONSTRAINT "groups.directory_id, groups.name_key" UNIQUE (directory_id, name_key)
) STRICT;

-- Users in groups.
CREATE TABLE members (
    directory_id BLOB    NOT NULL,
    group_id     BLOB    NOT NULL,
    user_id      BLOB    NOT NULL,
    added_at     INTEGER NOT NULL,
    CONSTRAINT "members.directory_id, members.group_id, members.user_id"
        PRIMARY KEY (directory_id, group_id, user_id)
) STRICT;

CREATE INDEX members_by_user ON members (directory_id, user_id, group_id);

-- Groups in groups, without a cycle: whoever adds a row has read what decides it.
CREATE TABLE subgroups (
    directory_id BLOB    NOT NULL,
    parent_id    BLOB    NOT NULL,
    child_id     BLOB    NOT NULL,
    added_at     INTEGER NOT NULL,
    CONSTRAINT "subgroups.directory_id, subgroups.parent_id, subgroups.child_id"
        PRIMARY KEY (directory_id, parent_id, child_id)
) STRICT;

CREATE INDEX subgroups_by_child ON subgroups (directory_id, child_id, parent_id);

-- How many of a noun a directory has, in parts that are summed, so that two
-- who add one are seldom in each other's way.
CREATE TABLE totals (
    directory_id BLOB    NOT NULL,
    noun         TEXT    NOT NULL,
    part         INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    CONSTRAINT "totals.directory_id, totals.noun, totals.part" PRIMARY KEY (directory_id, noun, part)
) STRICT;

-- Who may use an application: users and groups. An assignment is the
-- directory's, whoever owns the application.
CREATE TABLE assignments (
    application_id BLOB    NOT NULL,
    -- Whether the id is a user's or a group's.
    kind           TEXT    NOT NULL,
    id             BLOB    NOT NULL,
    directory_id   BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    CONSTRAINT "assignments.application_id, assignments.kind, assignments.id"
        PRIMARY KEY (application_id, kind, id)
) STRICT;

CREATE INDEX assignments_by_directory ON assignments (application_id, directory_id, kind, id);
CREATE INDEX assignments_by_subject   ON assignments (directory_id, kind, id);
