-- A fetch that only a replay made bears its own artifacts; no later run takes it for what was seen at that address.
ALTER TABLE fetch ADD COLUMN is_replayed INTEGER NOT NULL DEFAULT 0 CHECK (is_replayed IN (0, 1));

-- Of the newest runs of a pipeline those are asked for that replay no other, whatever the number of replays.
CREATE INDEX run_own_by_pipeline ON run (pipeline, created_at) WHERE parent IS NULL;
