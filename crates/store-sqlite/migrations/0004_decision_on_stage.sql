-- Decisions on what a custom stage made: the stage; null for those on the issue and on answers. Such a decision has the
-- round of the artifact, as one on the issue has.

ALTER TABLE decision ADD COLUMN stage TEXT CHECK (stage IS NULL OR answer IS NULL);
