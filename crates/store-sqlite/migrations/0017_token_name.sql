-- A token of the API may have a name, by which a person knows it and takes it back.
ALTER TABLE token ADD COLUMN name TEXT;

-- Payloads whose outcome nobody knows are counted often, and are few among all that went out.
CREATE INDEX outbox_unknown ON outbox (run_id) WHERE state = 'unknown';
