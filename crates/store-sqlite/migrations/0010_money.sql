-- How a person has a run go on, what its calls read and wrote, and who says that it answered.

ALTER TABLE run ADD COLUMN route  TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(route)); -- JSON list of models
ALTER TABLE run ADD COLUMN breach TEXT CHECK (breach IS NULL OR json_valid(breach));     -- the call that did not fit

-- What the endpoint itself called the model that answered.
ALTER TABLE attempt ADD COLUMN answered_by TEXT;

-- What the endpoint counted, where it did: all four or none.
ALTER TABLE spend ADD COLUMN tokens_in     INTEGER CHECK (tokens_in >= 0);
ALTER TABLE spend ADD COLUMN tokens_out    INTEGER CHECK (tokens_out >= 0);
ALTER TABLE spend ADD COLUMN tokens_cached INTEGER CHECK (tokens_cached >= 0);
ALTER TABLE spend ADD COLUMN cached        INTEGER CHECK (cached >= 0); -- what the cached tokens cost

-- One more kind of notice: SQLite cannot change a CHECK, so the table is made anew with every row that it has.
CREATE TABLE notice_anew (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL, -- what it is about, such as 'failed/daily-20260820-0500-k4d6'
    way          TEXT    NOT NULL, -- how it is told, such as 'webhook'
    kind         TEXT    NOT NULL CHECK (kind IN ('started', 'succeeded', 'failed', 'did_not_start', 'did_not_finish',
                                                  'suspiciously_fast', 'feed_silent', 'budget_near', 'waits',
                                                  'not_approved', 'expired', 'preflight', 'receipt', 'test')),
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
