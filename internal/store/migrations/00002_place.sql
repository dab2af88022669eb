-- The place of an entry in the history of the store, so that a reader can ask
-- for what came since. It counts from 1 without gaps.

-- +goose Up
ALTER TABLE entries ADD COLUMN place BIGINT NOT NULL DEFAULT 0;

UPDATE entries SET place = n.place FROM (
	SELECT exercise, attempt, seq, ROW_NUMBER() OVER (ORDER BY at, exercise, attempt, seq) AS place FROM entries
) AS n WHERE entries.exercise = n.exercise AND entries.attempt = n.attempt AND entries.seq = n.seq;

CREATE UNIQUE INDEX entries_place ON entries (place);

-- +goose Down
DROP INDEX entries_place;
ALTER TABLE entries DROP COLUMN place;
