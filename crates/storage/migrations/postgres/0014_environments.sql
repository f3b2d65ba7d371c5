-- Applications with people of their own, and their environments.

-- tenant or application.
ALTER TABLE applications ADD COLUMN user_pool TEXT COLLATE "C" NOT NULL DEFAULT 'tenant';
-- Names the application as a whole; null for one that serves its tenant's people.
ALTER TABLE applications ADD COLUMN public_key TEXT COLLATE "C";

CREATE UNIQUE INDEX "applications.public_key" ON applications (public_key) WHERE public_key IS NOT NULL;

-- Live and test of such an application.
CREATE TABLE environments (
    application_id BYTEA NOT NULL,
    mode           TEXT COLLATE "C" NOT NULL,
    id             BYTEA NOT NULL,
    public_key     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    CONSTRAINT "environments.application_id, environments.mode" PRIMARY KEY (application_id, mode),
    CONSTRAINT "environments.public_key" UNIQUE (public_key)
);

-- Which environment a secret is of; null for a client secret.
ALTER TABLE credentials ADD COLUMN environment TEXT COLLATE "C";
