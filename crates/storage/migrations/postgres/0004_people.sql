-- People: who they are, which groups they are in, and what they may use.

CREATE TABLE directories (
    id                        BYTEA NOT NULL,
    owner                     BYTEA NOT NULL,
    owner_level               SMALLINT NOT NULL,
    -- Null for the one that its owner's applications share.
    application_id            BYTEA,
    environment               TEXT COLLATE "C",
    password_min_length       INTEGER NOT NULL,
    password_free_failures    INTEGER NOT NULL,
    password_longest_delay_s  BIGINT NOT NULL,
    version                   BIGINT NOT NULL,
    created_at                BIGINT NOT NULL,
    updated_at                BIGINT NOT NULL,
    CONSTRAINT "directories.id" PRIMARY KEY (id),
    CONSTRAINT "directories.application_id, directories.environment" UNIQUE (application_id, environment),
    CONSTRAINT directories_serve_one CHECK ((application_id IS NULL) = (environment IS NULL))
);

CREATE UNIQUE INDEX "directories.owner" ON directories (owner) WHERE application_id IS NULL;
CREATE INDEX directories_by_owner ON directories (owner, id);

CREATE TABLE users (
    directory_id      BYTEA NOT NULL,
    id                BYTEA NOT NULL,
    email             TEXT COLLATE "C" NOT NULL,
    -- Two addresses that differ in case only are one; so are two user names.
    email_key         TEXT COLLATE "C" NOT NULL,
    email_verified_at BIGINT,
    username          TEXT COLLATE "C",
    username_key      TEXT COLLATE "C",
    phone             TEXT COLLATE "C",
    name              TEXT COLLATE "C",
    given_name        TEXT COLLATE "C",
    family_name       TEXT COLLATE "C",
    picture           TEXT COLLATE "C",
    locale            TEXT COLLATE "C",
    status            TEXT COLLATE "C" NOT NULL,
    -- JSON objects.
    metadata          TEXT COLLATE "C" NOT NULL,
    custom_attributes TEXT COLLATE "C" NOT NULL,
    -- Folded, a line for each thing that is searched.
    search_text       TEXT COLLATE "C" NOT NULL,
    last_sign_in_at   BIGINT,
    version           BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    CONSTRAINT "users.directory_id, users.id"           PRIMARY KEY (directory_id, id),
    CONSTRAINT "users.directory_id, users.email_key"    UNIQUE (directory_id, email_key),
    CONSTRAINT "users.directory_id, users.username_key" UNIQUE (directory_id, username_key)
);

CREATE INDEX users_by_status ON users (directory_id, status, id);

-- As for applications (decision 0006), by directory.
CREATE TABLE user_grams (
    directory_id BYTEA    NOT NULL,
    id           BYTEA    NOT NULL,
    grams        BIGINT[] NOT NULL,
    CONSTRAINT "user_grams.directory_id, user_grams.id" PRIMARY KEY (directory_id, id)
);

CREATE INDEX user_grams_by_gram ON user_grams USING gin (grams) WITH (fastupdate = off);

-- In a table of its own, so that no list of users reads it.
CREATE TABLE passwords (
    directory_id BYTEA NOT NULL,
    user_id      BYTEA NOT NULL,
    -- Argon2id, in PHC form.
    hash         TEXT COLLATE "C" NOT NULL,
    changed_at   BIGINT NOT NULL,
    CONSTRAINT "passwords.directory_id, passwords.user_id" PRIMARY KEY (directory_id, user_id)
);

CREATE TABLE groups (
    directory_id BYTEA NOT NULL,
    id           BYTEA NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    -- Two names that differ in case only are one.
    name_key     TEXT COLLATE "C" NOT NULL,
    description  TEXT COLLATE "C",
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CONSTRAINT "groups.directory_id, groups.id"       PRIMARY KEY (directory_id, id),
    CONSTRAINT "groups.directory_id, groups.name_key" UNIQUE (directory_id, name_key)
);

-- Users in groups.
CREATE TABLE members (
    directory_id BYTEA NOT NULL,
    group_id     BYTEA NOT NULL,
    user_id      BYTEA NOT NULL,
    added_at     BIGINT NOT NULL,
    CONSTRAINT "members.directory_id, members.group_id, members.user_id"
        PRIMARY KEY (directory_id, group_id, user_id)
);

CREATE INDEX members_by_user ON members (directory_id, user_id, group_id);

-- Groups in groups, without a cycle: whoever adds a row has read what decides it.
CREATE TABLE subgroups (
    directory_id BYTEA NOT NULL,
    parent_id    BYTEA NOT NULL,
    child_id     BYTEA NOT NULL,
    added_at     BIGINT NOT NULL,
    CONSTRAINT "subgroups.directory_id, subgroups.parent_id, subgroups.child_id"
        PRIMARY KEY (directory_id, parent_id, child_id)
);

CREATE INDEX subgroups_by_child ON subgroups (directory_id, child_id, parent_id);

-- How many of a noun a directory has, in parts that are summed, so that two
-- who add one are seldom in each other's way.
CREATE TABLE totals (
    directory_id BYTEA NOT NULL,
    noun         TEXT COLLATE "C" NOT NULL,
    part         SMALLINT NOT NULL,
    total        BIGINT NOT NULL,
    CONSTRAINT "totals.directory_id, totals.noun, totals.part" PRIMARY KEY (directory_id, noun, part)
);

-- Who may use an application: users and groups. An assignment is the
-- directory's, whoever owns the application.
CREATE TABLE assignments (
    application_id BYTEA NOT NULL,
    -- Whether the id is a user's or a group's.
    kind           TEXT COLLATE "C" NOT NULL,
    id             BYTEA NOT NULL,
    directory_id   BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    CONSTRAINT "assignments.application_id, assignments.kind, assignments.id"
        PRIMARY KEY (application_id, kind, id)
);

CREATE INDEX assignments_by_directory ON assignments (application_id, directory_id, kind, id);
CREATE INDEX assignments_by_subject   ON assignments (directory_id, kind, id);
