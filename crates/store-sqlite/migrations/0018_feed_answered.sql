-- A feed that answers that nothing changed is there as well. NULL: not since this column is there; the last full answer
-- is then the last one known.
ALTER TABLE feed_state ADD COLUMN answered_at INTEGER;
