-- What somebody outside is told, once by each way: alarms and pings. A row is there before it is told, and open until
-- it was told or given up.

CREATE TABLE notice (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL, -- what it is about, such as 'failed/daily-20260820-0500-k4d6'
    way          TEXT    NOT NULL, -- how it is told, such as 'webhook'
    kind         TEXT    NOT NULL CHECK (kind IN ('started', 'succeeded', 'failed', 'did_not_start', 'did_not_finish',
                                                  'waits', 'not_approved', 'expired')),
    pipeline     TEXT    NOT NULL,
    run_id       TEXT,
    message      TEXT    NOT NULL,
    raised_at    INTEGER NOT NULL,
    delivered_at INTEGER,
    UNIQUE (key, way)
) STRICT;
CREATE INDEX notice_open ON notice (id) WHERE delivered_at IS NULL;
