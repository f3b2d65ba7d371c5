-- By which application somebody connected an integration, who may also drop what
-- they have with it after it was detached; null of what was connected before.
ALTER TABLE linked_accounts ADD COLUMN connected_by BLOB;

-- How many sessions of agents speak for one person.
CREATE INDEX agent_sessions_live_of_user ON agent_sessions (directory_id, user_id, application_id, expires_at)
    WHERE ended_at IS NULL;
