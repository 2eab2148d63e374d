-- The author's word on a payload whose channel cannot tell: the state 'absent', and the reason that the author gave.
-- A check cannot be changed in place, so the table is made anew; nothing refers to it.

ALTER TABLE outbox RENAME TO outbox_before;

CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    run_id        TEXT    NOT NULL REFERENCES run (id),
    channel       TEXT    NOT NULL,
    hash          TEXT    NOT NULL CHECK (length(hash) = 64),
    key           TEXT    NOT NULL, -- the idempotency key
    state         TEXT    NOT NULL CHECK (state IN ('intended', 'delivered', 'unknown', 'refused', 'absent')),
    intended_at   INTEGER NOT NULL,
    delivered_at  INTEGER,
    location      TEXT,
    error         TEXT,
    author_reason TEXT, -- where the author, and no channel, said last whether it is out
    UNIQUE (run_id, key),
    CHECK ((delivered_at IS NOT NULL) = (state = 'delivered'))
) STRICT;

INSERT INTO outbox (id, run_id, channel, hash, key, state, intended_at, delivered_at, location, error)
SELECT id, run_id, channel, hash, key, state, intended_at, delivered_at, location, error
FROM outbox_before;

DROP TABLE outbox_before;
