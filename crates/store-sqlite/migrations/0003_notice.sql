-- What somebody outside is told, once: alarms and pings. A row is there before it is told, and stays until it was.

CREATE TABLE notice (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL UNIQUE, -- what it is about, such as 'failed/daily-20260820-0500-k4d6'
    kind         TEXT    NOT NULL CHECK (kind IN ('started', 'succeeded', 'failed', 'did_not_start', 'did_not_finish',
                                                  'waits', 'not_approved', 'expired')),
    pipeline     TEXT    NOT NULL,
    run_id       TEXT,
    message      TEXT    NOT NULL,
    raised_at    INTEGER NOT NULL,
    delivered_at INTEGER
) STRICT;
CREATE INDEX notice_open ON notice (id) WHERE delivered_at IS NULL;
