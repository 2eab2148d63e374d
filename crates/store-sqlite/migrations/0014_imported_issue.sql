-- What the author imported, the same for whoever asks: issues of the author's own, of one address the text that was read
-- last. A fetch that only a replay made says nothing of an address.
CREATE VIEW imported_issue AS
SELECT archive.id AS id, archive.hash AS hash, archive.title AS title, archive.url AS url, archive.at AS at
FROM archive
JOIN snapshot ON snapshot.hash = archive.hash
WHERE archive.kind = 'issue'
      AND snapshot.owner = 'author'
      AND EXISTS (
          SELECT own.id
          FROM fetch AS own
          WHERE own.snapshot_hash = archive.hash
                AND own.is_replayed = 0
                AND NOT EXISTS (
                    SELECT other.id
                    FROM fetch AS other
                    JOIN snapshot AS theirs ON theirs.hash = other.snapshot_hash
                    WHERE other.url = own.url
                          AND other.is_replayed = 0
                          AND theirs.owner = 'author'
                          AND (other.fetched_at > own.fetched_at
                               OR other.fetched_at = own.fetched_at AND other.id > own.id)
                )
      );

-- Each run asks for those of some weeks, in an archive of many years.
CREATE INDEX archive_issue_by_time ON archive (at, id) WHERE kind = 'issue';

-- Exchanges go with their run. Those of runs that were pruned before this version kept their lines.
DELETE FROM exchange
WHERE run_id IN (SELECT id FROM run WHERE pruned_at IS NOT NULL);
