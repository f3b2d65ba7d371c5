-- Whose the application is, so that what of a tenant's ends soon is sought among
-- its own. Null of what a release before this one adds while it still runs.
ALTER TABLE credentials ADD COLUMN owner BYTEA;

UPDATE credentials SET owner = (SELECT i.owner FROM application_ids i WHERE i.id = credentials.application_id);

-- Secrets that end by themselves; API keys, which are often made to, are not
-- among them.
CREATE INDEX credentials_ending ON credentials (owner, expires_at, id)
    WHERE expires_at IS NOT NULL AND revoked_at IS NULL
        AND coalesce(environment, '') NOT IN ('key_live', 'key_test');

CREATE INDEX applications_ending ON applications (owner, archived, expires_at, id)
    WHERE expires_at IS NOT NULL;
