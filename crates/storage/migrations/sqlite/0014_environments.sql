-- Applications with people of their own, and their environments.

-- tenant or application.
ALTER TABLE applications ADD COLUMN user_pool TEXT NOT NULL DEFAULT 'tenant';
-- Names the application as a whole; null for one that serves its tenant's people.
ALTER TABLE applications ADD COLUMN public_key TEXT;

CREATE UNIQUE INDEX "applications.public_key" ON applications (public_key) WHERE public_key IS NOT NULL;

-- Live and test of such an application.
CREATE TABLE environments (
    application_id BLOB    NOT NULL,
    mode           TEXT    NOT NULL,
    id             BLOB    NOT NULL,
    public_key     TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    CONSTRAINT "environments.application_id, environments.mode" PRIMARY KEY (application_id, mode),
    CONSTRAINT "environments.public_key" UNIQUE (public_key)
) STRICT;

-- Which environment a secret is of; null for a client secret.
ALTER TABLE credentials ADD COLUMN environment TEXT;
