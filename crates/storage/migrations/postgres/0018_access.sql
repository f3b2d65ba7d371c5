-- What the holders of API keys may do.

-- JSON: of which kind the keys are, and what they open everywhere. Null where
-- nobody has said so.
ALTER TABLE applications ADD COLUMN access TEXT COLLATE "C";

-- The rules of an application, which are read and written all together: JSON,
-- in the order in which they were given. No row where there are none.
CREATE TABLE access_rules (
    application_id BYTEA NOT NULL,
    rules          TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "access_rules.application_id" PRIMARY KEY (application_id)
);

-- API keys are credentials; `environment` says key_live or key_test of one.
