-- Which browser was sent to allow us something, and what it brought back; both
-- as hashes.
ALTER TABLE integration_errands ADD COLUMN browser BYTEA;
ALTER TABLE integration_errands ADD COLUMN brought BYTEA;
CREATE INDEX integration_errands_by_tenant ON integration_errands (tenant_id, expires_at);
