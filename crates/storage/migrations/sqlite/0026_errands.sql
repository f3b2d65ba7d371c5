-- Which browser was sent to allow us something, and what it brought back; both
-- as hashes.
ALTER TABLE integration_errands ADD COLUMN browser BLOB;
ALTER TABLE integration_errands ADD COLUMN brought BLOB;
CREATE INDEX integration_errands_by_tenant ON integration_errands (tenant_id, expires_at);
