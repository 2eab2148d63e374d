-- What became of scheduled runs is told for some days after it happened, however old the run is: those that ended lately
-- are found by this index. It is written once for each run.
CREATE INDEX run_ended ON run (updated_at)
WHERE is_scheduled = 1
      AND (state = 'completed' OR state = 'failed' OR state = 'cancelled' OR state = 'superseded');
