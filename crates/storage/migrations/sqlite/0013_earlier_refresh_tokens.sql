-- Of a family of refresh tokens also the one before the previous: whoever shows it
-- a moment late is in a race that has gone on, and no thief.
ALTER TABLE grants ADD COLUMN earlier BLOB;
ALTER TABLE grants ADD COLUMN earlier_rotated_at INTEGER;
