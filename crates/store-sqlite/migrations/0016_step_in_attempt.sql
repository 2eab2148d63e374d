-- A step is what its attempts have in common: the last of them is the step's, and a table of steps said so once more, in
-- three trees of its own. An outcome below 1 KB stands in its attempt; a longer one is pointed at by number, which grows,
-- where a hash lands anywhere. And SQLite makes a table of each list of words that a row is checked by, anew for each
-- row; what is written by every step says its words one by one.

CREATE TABLE attempt_anew (
    id          INTEGER PRIMARY KEY,
    run_id      TEXT    NOT NULL REFERENCES run (id),
    stage       TEXT    NOT NULL,
    round       INTEGER NOT NULL CHECK (round >= 1),
    key         TEXT    NOT NULL, -- a name, such as 'take_notes/5f3c…'
    input_hash  TEXT    NOT NULL CHECK (length(input_hash) = 64),
    state       TEXT    NOT NULL CHECK (state = 'completed' OR state = 'retryable' OR state = 'discarded'
                                        OR state = 'cancelled' OR state = 'scheduled' OR state = 'ready'
                                        OR state = 'running' OR state = 'suspended'),
    body        BLOB,                         -- a short outcome
    body_id     INTEGER REFERENCES body (id), -- a long one
    task        TEXT,
    tool        TEXT,
    model       TEXT,
    tokens_in   INTEGER CHECK (tokens_in >= 0),
    tokens_out  INTEGER CHECK (tokens_out >= 0),
    ms          INTEGER NOT NULL CHECK (ms >= 0),
    tries       INTEGER NOT NULL CHECK (tries >= 0),
    outcome     TEXT    NOT NULL,
    finished_at INTEGER NOT NULL,
    answered_by TEXT,             -- what the endpoint itself called the model that answered
    CHECK ((body IS NULL) <> (body_id IS NULL))
) STRICT;

INSERT INTO attempt_anew (id, run_id, stage, round, key, input_hash, state, body, body_id, task, tool, model, tokens_in,
                          tokens_out, ms, tries, outcome, finished_at, answered_by)
SELECT attempt.id, attempt.run_id, attempt.stage, attempt.round, attempt.key, attempt.input_hash, attempt.state,
       IIF(length(body.bytes) < 1024, body.bytes, NULL), IIF(length(body.bytes) < 1024, NULL, body.id), attempt.task,
       attempt.tool, attempt.model, attempt.tokens_in, attempt.tokens_out, attempt.ms, attempt.tries, attempt.outcome,
       attempt.finished_at, attempt.answered_by
FROM attempt
-- One whose outcome is missing fails this: nothing of a damaged database is left out in silence.
LEFT JOIN body ON body.hash = attempt.body_hash
ORDER BY attempt.id;

DROP TABLE step;
DROP TABLE attempt;
ALTER TABLE attempt_anew RENAME TO attempt;

-- The attempts of a step stand behind each other, the last one last.
CREATE INDEX attempt_by_step ON attempt (run_id, stage, round, key);
-- A body goes only when no attempt points to it.
CREATE INDEX attempt_by_body ON attempt (body_id) WHERE body_id IS NOT NULL;

-- The last attempt of each step.
CREATE VIEW step AS
SELECT attempt.id AS id, attempt.run_id AS run_id, attempt.stage AS stage, attempt.round AS round, attempt.key AS key,
       attempt.input_hash AS input_hash, attempt.state AS state, attempt.body AS body, attempt.body_id AS body_id,
       attempt.task AS task, attempt.tool AS tool, attempt.model AS model, attempt.tokens_in AS tokens_in,
       attempt.tokens_out AS tokens_out, attempt.ms AS ms, attempt.tries AS tries, attempt.outcome AS outcome,
       attempt.finished_at AS finished_at, attempt.answered_by AS answered_by
FROM attempt
WHERE NOT EXISTS (
    SELECT later.id
    FROM attempt AS later
    WHERE later.run_id = attempt.run_id AND later.stage = attempt.stage AND later.round = attempt.round
          AND later.key = attempt.key AND later.id > attempt.id
);

-- Short outcomes that nothing else holds by their hash.
DELETE FROM body
WHERE length(bytes) < 1024
      AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.hash = body.hash)
      AND NOT EXISTS (SELECT 1 FROM pinned_release WHERE pinned_release.hash = body.hash)
      AND NOT EXISTS (SELECT 1 FROM citation WHERE citation.cited = body.hash);

-- The same for exchanges and for runs that are not over.
CREATE TABLE exchange_anew (
    id            INTEGER PRIMARY KEY,
    run_id        TEXT    NOT NULL REFERENCES run (id),
    stage         TEXT    NOT NULL,
    round         INTEGER NOT NULL CHECK (round >= 1),
    key           TEXT    NOT NULL, -- the step's
    model         TEXT    NOT NULL, -- its name in config.toml
    base_url      TEXT    NOT NULL,
    asked         TEXT    NOT NULL, -- the model's name at the endpoint
    answered_by   TEXT,             -- the model that the endpoint names
    request_id    TEXT,             -- the endpoint's
    status        INTEGER CHECK (status BETWEEN 100 AND 999),
    outcome       TEXT    NOT NULL CHECK (outcome = 'answered' OR outcome = 'refused' OR outcome = 'invalid'
                                          OR outcome = 'failed'),
    reason        TEXT,
    finish_reason TEXT,
    is_streamed   INTEGER NOT NULL CHECK (is_streamed = 0 OR is_streamed = 1),
    tokens_in     INTEGER CHECK (tokens_in >= 0),
    tokens_out    INTEGER CHECK (tokens_out >= 0),
    tokens_cached INTEGER CHECK (tokens_cached >= 0),
    ms            INTEGER NOT NULL CHECK (ms >= 0),
    request_hash  TEXT    CHECK (length(request_hash) = 64),
    reply_hash    TEXT    CHECK (length(reply_hash) = 64), -- none where no whole reply came
    at            INTEGER NOT NULL,                        -- its end, Unix microseconds, UTC
    request_head  INTEGER NOT NULL DEFAULT 0 CHECK (request_head >= 0), -- bytes shared with the request before it at the start
    request_tail  INTEGER NOT NULL DEFAULT 0 CHECK (request_tail >= 0), -- and at the end
    request_own   BLOB, -- the bytes between
    reply         BLOB  -- none where no whole reply came
) STRICT;

INSERT INTO exchange_anew (id, run_id, stage, round, key, model, base_url, asked, answered_by, request_id, status,
                           outcome, reason, finish_reason, is_streamed, tokens_in, tokens_out, tokens_cached, ms,
                           request_hash, reply_hash, at, request_head, request_tail, request_own, reply)
SELECT id, run_id, stage, round, key, model, base_url, asked, answered_by, request_id, status, outcome, reason,
       finish_reason, is_streamed, tokens_in, tokens_out, tokens_cached, ms, request_hash, reply_hash, at, request_head,
       request_tail, request_own, reply
FROM exchange
ORDER BY id;

DROP TABLE exchange;
ALTER TABLE exchange_anew RENAME TO exchange;
CREATE INDEX exchange_by_run ON exchange (run_id);
CREATE INDEX exchange_by_time ON exchange (at, model, outcome);

DROP INDEX run_open;
CREATE INDEX run_open ON run (created_at) WHERE state = 'queued' OR state = 'running' OR state = 'waiting';
