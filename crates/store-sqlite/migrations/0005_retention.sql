-- What may go once it is old, and what holds it.

-- Since when the outcomes of a run's steps are gone.
ALTER TABLE run ADD COLUMN pruned_at INTEGER;

-- When a run last read the snapshot, on the machine's clock.
ALTER TABLE snapshot ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE snapshot
SET seen_at = COALESCE((SELECT MAX(fetch.fetched_at) FROM fetch WHERE fetch.snapshot_hash = snapshot.hash), 0);
CREATE INDEX snapshot_by_age ON snapshot (seen_at);

-- A body goes only when no attempt points to it.
CREATE INDEX attempt_by_body ON attempt (body_hash);

-- Every hash that stands in an artifact: what it names must not go.
CREATE TABLE citation (
    cited         TEXT NOT NULL CHECK (length(cited) = 64),
    artifact_hash TEXT NOT NULL CHECK (length(artifact_hash) = 64),
    PRIMARY KEY (cited, artifact_hash)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO citation (cited, artifact_hash)
SELECT word.text, word.artifact_hash
FROM (
    SELECT artifact.hash AS artifact_hash, CAST(node.atom AS TEXT) AS text
    FROM artifact
    JOIN body ON body.hash = artifact.hash
    JOIN json_tree(IIF(json_valid(CAST(body.bytes AS TEXT)), CAST(body.bytes AS TEXT), 'null')) AS node
    WHERE node.type = 'text'
    UNION
    SELECT artifact.hash AS artifact_hash, CAST(node.key AS TEXT) AS text
    FROM artifact
    JOIN body ON body.hash = artifact.hash
    JOIN json_tree(IIF(json_valid(CAST(body.bytes AS TEXT)), CAST(body.bytes AS TEXT), 'null')) AS node
    WHERE typeof(node.key) = 'text'
) AS word
WHERE length(word.text) = 64 AND word.text NOT GLOB '*[^0-9a-f]*';

-- What each go of pruning freed.
CREATE TABLE pruning (
    at        INTEGER NOT NULL PRIMARY KEY,
    runs      INTEGER NOT NULL CHECK (runs >= 0),
    bodies    INTEGER NOT NULL CHECK (bodies >= 0),
    snapshots INTEGER NOT NULL CHECK (snapshots >= 0),
    log_lines INTEGER NOT NULL CHECK (log_lines >= 0),
    feeds     INTEGER NOT NULL CHECK (feeds >= 0),
    bytes     INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
