-- What the author said of stories: two are one, a post is of another story, of no interest. Stories are named by their
-- snapshots, since their ids change with each brief.

CREATE TABLE label (
    id        TEXT    PRIMARY KEY, -- hash of pipeline, kind and snapshots: the same label twice is one
    sequence  INTEGER NOT NULL UNIQUE, -- rises with each label that is put
    pipeline  TEXT    NOT NULL,
    run_id    TEXT    NOT NULL REFERENCES run (id),
    kind      TEXT    NOT NULL CHECK (kind IN ('merge', 'split', 'not_interested')),
    snapshots TEXT    NOT NULL CHECK (json_valid(snapshots)), -- JSON list of hashes
    others    TEXT    NOT NULL CHECK (json_valid(others)),    -- the same; empty where nothing stands beside them
    made_at   INTEGER NOT NULL, -- Unix microseconds, UTC
    undone_at INTEGER,          -- since when it is taken back
    CHECK ((others = '[]') = (kind = 'not_interested'))
) STRICT;

CREATE INDEX label_by_pipeline ON label (pipeline, made_at) WHERE undone_at IS NULL;
