-- Bodies of an exchange stand in its own row: no two exchanges share one, so that hashes of theirs were two indexes
-- that nobody read. A request repeats nearly all of the one before it in its round, so the rest is what is kept.

ALTER TABLE exchange ADD COLUMN request_head INTEGER NOT NULL DEFAULT 0 CHECK (request_head >= 0); -- bytes shared at the start
ALTER TABLE exchange ADD COLUMN request_tail INTEGER NOT NULL DEFAULT 0 CHECK (request_tail >= 0); -- and at the end
ALTER TABLE exchange ADD COLUMN request_own  BLOB; -- the bytes between
ALTER TABLE exchange ADD COLUMN reply        BLOB; -- none where no whole reply came

UPDATE exchange
SET request_own = (SELECT bytes FROM body WHERE hash = request_hash),
    reply       = (SELECT bytes FROM body WHERE hash = reply_hash);

DELETE FROM body
WHERE hash IN (SELECT request_hash FROM exchange UNION SELECT reply_hash FROM exchange)
      AND NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.body_hash = body.hash)
      AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.hash = body.hash)
      AND NOT EXISTS (SELECT 1 FROM pinned_release WHERE pinned_release.hash = body.hash)
      AND NOT EXISTS (SELECT 1 FROM citation WHERE citation.cited = body.hash);

DROP INDEX exchange_by_request;
DROP INDEX exchange_by_reply;
