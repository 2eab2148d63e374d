-- The newest runs of a pipeline are asked for by every stage: found by this index, whatever the number of older ones.
CREATE INDEX run_by_pipeline ON run (pipeline, created_at);
