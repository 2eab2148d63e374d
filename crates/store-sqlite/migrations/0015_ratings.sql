-- A round of review lists who rated whose draft how. The list of kinds stands in the table itself, so it is made anew.
CREATE TABLE artifact_with_ratings (
    id       INTEGER PRIMARY KEY,
    run_id   TEXT    NOT NULL,
    stage    TEXT    NOT NULL,
    round    INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    kind     TEXT    NOT NULL CHECK (kind IN ('research_brief', 'draft', 'review', 'issue', 'engagement_report',
                                              'custom', 'ratings')),
    hash     TEXT    NOT NULL REFERENCES body (hash),
    UNIQUE (run_id, stage, round, position),
    FOREIGN KEY (run_id, stage, round) REFERENCES stage (run_id, stage, round)
) STRICT;

INSERT INTO artifact_with_ratings (id, run_id, stage, round, position, kind, hash)
SELECT id, run_id, stage, round, position, kind, hash
FROM artifact;

DROP TABLE artifact;
ALTER TABLE artifact_with_ratings RENAME TO artifact;
CREATE INDEX artifact_by_hash ON artifact (hash);
