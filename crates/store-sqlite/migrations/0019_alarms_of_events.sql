-- What became of scheduled runs is told for some days after it happened, however old the run is: those that ended lately
-- are found by this index. It is written once for each run.
CREATE INDEX run_ended ON run (updated_at)
WHERE is_scheduled = 1
      AND (state = 'completed' OR state = 'failed' OR state = 'cancelled' OR state = 'superseded');

-- One more kind of notice: SQLite cannot change a CHECK, so the table is made anew with every row that it has.
CREATE TABLE notice_anew (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL, -- what it is about, such as 'failed/daily-20260820-0500-k4d6'
    way          TEXT    NOT NULL, -- how it is told, such as 'webhook'
    kind         TEXT    NOT NULL CHECK (kind IN ('started', 'succeeded', 'failed', 'did_not_start', 'did_not_finish',
                                                  'suspiciously_fast', 'feed_silent', 'budget_near', 'waits',
                                                  'not_approved', 'expired', 'superseded', 'preflight', 'receipt',
                                                  'test')),
    pipeline     TEXT    NOT NULL,
    run_id       TEXT,
    message      TEXT    NOT NULL, -- one line
    body         TEXT,             -- the whole of it for people, where a line is not enough
    details      TEXT CHECK (details IS NULL OR json_valid(details)), -- the same for programs
    raised_at    INTEGER NOT NULL,
    delivered_at INTEGER,
    UNIQUE (key, way)
) STRICT;

INSERT INTO notice_anew (id, key, way, kind, pipeline, run_id, message, body, details, raised_at, delivered_at)
SELECT id, key, way, kind, pipeline, run_id, message, body, details, raised_at, delivered_at
FROM notice;

DROP TABLE notice;
ALTER TABLE notice_anew RENAME TO notice;
CREATE INDEX notice_open ON notice (id) WHERE delivered_at IS NULL;
