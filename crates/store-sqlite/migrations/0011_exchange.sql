-- What was asked of models over HTTP and what they gave, and what was learnt of their endpoints.

CREATE TABLE exchange (
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
    outcome       TEXT    NOT NULL CHECK (outcome IN ('answered', 'refused', 'invalid', 'failed')),
    reason        TEXT,
    finish_reason TEXT,
    is_streamed   INTEGER NOT NULL CHECK (is_streamed IN (0, 1)),
    tokens_in     INTEGER CHECK (tokens_in >= 0),
    tokens_out    INTEGER CHECK (tokens_out >= 0),
    tokens_cached INTEGER CHECK (tokens_cached >= 0),
    ms            INTEGER NOT NULL CHECK (ms >= 0),
    request_hash  TEXT    CHECK (length(request_hash) = 64), -- none once its run was pruned
    reply_hash    TEXT    CHECK (length(reply_hash) = 64),   -- none where no whole reply came
    at            INTEGER NOT NULL  -- its end, Unix microseconds, UTC
) STRICT;

CREATE INDEX exchange_by_run ON exchange (run_id);
CREATE INDEX exchange_by_time ON exchange (at, model, outcome);
-- A body goes only when no exchange points to it.
CREATE INDEX exchange_by_request ON exchange (request_hash);
CREATE INDEX exchange_by_reply ON exchange (reply_hash);

CREATE TABLE endpoint (
    base_url  TEXT    NOT NULL,
    model     TEXT    NOT NULL,
    identity  TEXT    NOT NULL CHECK (length(identity) = 64), -- of what each request carries along
    knowledge TEXT    NOT NULL CHECK (json_valid(knowledge)),
    at        INTEGER NOT NULL, -- Unix microseconds, UTC
    PRIMARY KEY (base_url, model)
) STRICT;
