-- Bodies: releases, artifacts, payloads, mails and step outcomes, once by hash.
CREATE TABLE body (
    id    INTEGER PRIMARY KEY,
    hash  TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    bytes BLOB NOT NULL
) STRICT;

-- Texts that somebody outside wrote. Apart from `body`, so that nothing hands them out as ours.
CREATE TABLE source_text (
    id   INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    text TEXT NOT NULL
) STRICT;

CREATE TABLE pinned_release (
    hash       TEXT    NOT NULL PRIMARY KEY REFERENCES body (hash),
    created_at INTEGER NOT NULL -- Unix microseconds, UTC, as everywhere below
) STRICT;

CREATE TABLE run (
    sequence         INTEGER PRIMARY KEY,
    id               TEXT    NOT NULL UNIQUE,
    pipeline         TEXT    NOT NULL,
    nominal          INTEGER,
    zone             TEXT,
    parent           TEXT,
    release_hash     TEXT    NOT NULL CHECK (length(release_hash) = 64),
    state            TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'waiting', 'completed', 'failed',
                                                       'cancelled', 'superseded')),
    waiting_for      TEXT    NOT NULL CHECK (json_valid(waiting_for)), -- JSON list of words
    issue            TEXT    NOT NULL CHECK (issue IN ('none', 'drafted', 'reviewed', 'approved', 'published',
                                                       'rejected', 'expired', 'unknown')),
    fixed_now        INTEGER,
    seed             INTEGER NOT NULL,
    is_scheduled     INTEGER NOT NULL CHECK (is_scheduled IN (0, 1)),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    wake_at          INTEGER,
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    reason           TEXT,
    budget_extra     INTEGER NOT NULL, -- millionths of a US dollar, as everywhere below
    embedded_only    INTEGER NOT NULL CHECK (embedded_only IN (0, 1)),
    fence            INTEGER NOT NULL CHECK (fence >= 0),
    lease_owner      TEXT,
    lease_until      INTEGER,
    -- A slot yields at most one run.
    UNIQUE (pipeline, nominal),
    CHECK ((nominal IS NULL) = (zone IS NULL)),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX run_by_age ON run (created_at);
CREATE INDEX run_open ON run (created_at) WHERE state IN ('queued', 'running', 'waiting');

CREATE TABLE stage (
    id          INTEGER PRIMARY KEY,
    run_id      TEXT    NOT NULL REFERENCES run (id),
    stage       TEXT    NOT NULL,
    round       INTEGER NOT NULL CHECK (round >= 1),
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'running', 'waiting', 'completed', 'skipped',
                                                  'failed', 'cancelled')),
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    now         INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    reason      TEXT,
    UNIQUE (run_id, stage, round),
    CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'skipped', 'failed', 'cancelled')))
) STRICT;

CREATE TABLE artifact (
    id       INTEGER PRIMARY KEY,
    run_id   TEXT    NOT NULL,
    stage    TEXT    NOT NULL,
    round    INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    kind     TEXT    NOT NULL CHECK (kind IN ('research_brief', 'draft', 'review', 'issue', 'engagement_report',
                                              'custom')),
    hash     TEXT    NOT NULL REFERENCES body (hash),
    UNIQUE (run_id, stage, round, position),
    FOREIGN KEY (run_id, stage, round) REFERENCES stage (run_id, stage, round)
) STRICT;
CREATE INDEX artifact_by_hash ON artifact (hash);

-- One row for each attempt; nothing here is ever overwritten.
CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id      TEXT    NOT NULL REFERENCES run (id),
    stage       TEXT    NOT NULL,
    round       INTEGER NOT NULL CHECK (round >= 1),
    key         TEXT    NOT NULL,
    input_hash  TEXT    NOT NULL CHECK (length(input_hash) = 64),
    state       TEXT    NOT NULL CHECK (state IN ('scheduled', 'ready', 'running', 'retryable', 'suspended',
                                                  'completed', 'discarded', 'cancelled')),
    body_hash   TEXT    NOT NULL REFERENCES body (hash),
    task        TEXT,
    tool        TEXT,
    model       TEXT,
    tokens_in   INTEGER CHECK (tokens_in >= 0),
    tokens_out  INTEGER CHECK (tokens_out >= 0),
    ms          INTEGER NOT NULL CHECK (ms >= 0),
    tries       INTEGER NOT NULL CHECK (tries >= 0),
    outcome     TEXT    NOT NULL,
    finished_at INTEGER NOT NULL
) STRICT;

-- A step points at its last attempt.
CREATE TABLE step (
    id         INTEGER PRIMARY KEY,
    run_id     TEXT    NOT NULL REFERENCES run (id),
    stage      TEXT    NOT NULL,
    round      INTEGER NOT NULL CHECK (round >= 1),
    key        TEXT    NOT NULL, -- a name, such as 'take_notes/5f3c…'
    attempt_id INTEGER NOT NULL UNIQUE REFERENCES attempt (id),
    UNIQUE (run_id, stage, round, key)
) STRICT;

CREATE TABLE spend (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id     TEXT    NOT NULL REFERENCES run (id),
    stage      TEXT    NOT NULL,
    round      INTEGER NOT NULL CHECK (round >= 1),
    key        TEXT    NOT NULL,
    task       TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    reserved   INTEGER NOT NULL CHECK (reserved >= 0),
    settled    INTEGER CHECK (settled >= 0),
    settled_at INTEGER,
    is_assumed INTEGER NOT NULL DEFAULT 0 CHECK (is_assumed IN (0, 1)),
    CHECK ((settled IS NULL) = (settled_at IS NULL)),
    -- Only a bill can be assumed.
    CHECK (is_assumed = 0 OR settled IS NOT NULL)
) STRICT;
CREATE INDEX spend_by_run ON spend (run_id, stage, round, key);
CREATE INDEX spend_by_time ON spend (at);

CREATE TABLE log_line (
    id      INTEGER PRIMARY KEY,
    run_id  TEXT    NOT NULL REFERENCES run (id),
    at      INTEGER NOT NULL,
    stage   TEXT    NOT NULL,
    round   INTEGER NOT NULL CHECK (round >= 1),
    level   TEXT    NOT NULL,
    message TEXT    NOT NULL
) STRICT;
CREATE INDEX log_line_by_run ON log_line (run_id);

CREATE TABLE snapshot (
    hash  TEXT NOT NULL PRIMARY KEY REFERENCES source_text (hash),
    owner TEXT NOT NULL
) STRICT;

CREATE TABLE fetch (
    id            INTEGER PRIMARY KEY,
    snapshot_hash TEXT    NOT NULL REFERENCES snapshot (hash),
    url           TEXT    NOT NULL,
    fetched_at    INTEGER NOT NULL,
    title         TEXT,
    authors       TEXT    NOT NULL CHECK (json_valid(authors)), -- JSON list
    published_at  TEXT, -- RFC 3339, or a bare date where only the day is known
    publisher     TEXT    NOT NULL,
    UNIQUE (snapshot_hash, url, fetched_at)
) STRICT;
CREATE INDEX fetch_by_url ON fetch (url, fetched_at);

CREATE TABLE archive (
    id    INTEGER PRIMARY KEY,
    hash  TEXT NOT NULL UNIQUE REFERENCES source_text (hash),
    kind  TEXT NOT NULL,
    title TEXT NOT NULL,
    url   TEXT NOT NULL,
    at    INTEGER
) STRICT;

CREATE VIEW archive_document AS
SELECT archive.id AS id, archive.title AS title, source_text.text AS text
FROM archive
JOIN source_text ON source_text.hash = archive.hash;

-- The index holds no copy of the texts: it reads them back through the view. Archived rows never change.
CREATE VIRTUAL TABLE archive_index USING fts5 (
    title,
    text,
    content = 'archive_document',
    content_rowid = 'id',
    tokenize = 'porter unicode61 remove_diacritics 2'
);

CREATE TABLE decision (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id       TEXT    NOT NULL REFERENCES run (id),
    answer       TEXT, -- the answer's id; null = the issue
    round        INTEGER CHECK (round >= 1), -- of the issue that was decided on
    hash         TEXT    NOT NULL CHECK (length(hash) = 64),
    decision     TEXT    NOT NULL CHECK (decision IN ('approved', 'rejected', 'sent_back', 'recalled', 'expired',
                                                      'voided')),
    at           INTEGER NOT NULL,
    effective_at INTEGER,
    reason       TEXT,
    CHECK ((answer IS NULL) = (round IS NOT NULL))
) STRICT;
CREATE INDEX decision_by_run ON decision (run_id);

CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY,
    run_id       TEXT    NOT NULL REFERENCES run (id),
    channel      TEXT    NOT NULL,
    hash         TEXT    NOT NULL CHECK (length(hash) = 64),
    key          TEXT    NOT NULL, -- the idempotency key
    state        TEXT    NOT NULL CHECK (state IN ('intended', 'delivered', 'unknown', 'refused')),
    intended_at  INTEGER NOT NULL,
    delivered_at INTEGER,
    location     TEXT,
    error        TEXT,
    UNIQUE (run_id, key),
    CHECK ((delivered_at IS NOT NULL) = (state = 'delivered'))
) STRICT;

CREATE TABLE slot (
    id       INTEGER PRIMARY KEY,
    pipeline TEXT    NOT NULL,
    nominal  INTEGER NOT NULL,
    zone     TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('pending', 'ran', 'ran_late', 'folded', 'skipped', 'superseded')),
    reason   TEXT,
    run_id   TEXT REFERENCES run (id),
    UNIQUE (pipeline, nominal)
) STRICT;

CREATE TABLE pipeline_control (
    pipeline  TEXT NOT NULL PRIMARY KEY,
    paused_at INTEGER,
    schedule  TEXT,
    since     INTEGER,
    CHECK ((schedule IS NULL) = (since IS NULL))
) STRICT;

CREATE TABLE skipped_date (
    pipeline TEXT NOT NULL REFERENCES pipeline_control (pipeline),
    date     TEXT NOT NULL, -- local date, ISO 8601
    PRIMARY KEY (pipeline, date)
) STRICT;

CREATE TABLE author_note (
    id      INTEGER PRIMARY KEY,
    hash    TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64),
    text    TEXT    NOT NULL,
    origin  TEXT    NOT NULL, -- 'note', or a file below notes/
    made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX author_note_by_age ON author_note (made_at);

-- Of a token only its hash is kept.
CREATE TABLE token (
    hash       TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    kind       TEXT    NOT NULL CHECK (kind IN ('login', 'session', 'api')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE trusted_tool (
    tool        TEXT    NOT NULL PRIMARY KEY, -- 'server/tool'
    fingerprint TEXT    NOT NULL CHECK (length(fingerprint) = 64),
    trusted_at  INTEGER NOT NULL
) STRICT;

-- The last full answer of a feed. Kept in place: an older one is of no use to a later poll.
CREATE TABLE feed_state (
    id            INTEGER PRIMARY KEY,
    url           TEXT    NOT NULL UNIQUE,
    moved_to      TEXT,
    etag          TEXT,
    last_modified TEXT,
    content_type  TEXT,
    body          BLOB    NOT NULL,
    retry_at      INTEGER,
    fetched_at    INTEGER NOT NULL
) STRICT;
