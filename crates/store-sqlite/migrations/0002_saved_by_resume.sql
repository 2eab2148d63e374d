-- What a run did not have to do again: calls whose outcomes were stored when one of its stages was started anew.

ALTER TABLE run ADD COLUMN saved_calls INTEGER NOT NULL DEFAULT 0 CHECK (saved_calls >= 0);
ALTER TABLE run ADD COLUMN saved_spend INTEGER NOT NULL DEFAULT 0 CHECK (saved_spend >= 0);
