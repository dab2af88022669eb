-- Types and statements are those that SQLite and PostgreSQL share. Instants are
-- milliseconds since 1970, bytes are base64, documents are JSON.

-- +goose Up
CREATE TABLE IF NOT EXISTS settings (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS attempts (
	place    BIGINT NOT NULL UNIQUE,
	exercise TEXT NOT NULL,
	number   BIGINT NOT NULL CHECK (number > 0),
	learner  TEXT NOT NULL,
	cohort   TEXT NOT NULL,
	started  BIGINT NOT NULL,
	PRIMARY KEY (exercise, number)
);

CREATE TABLE IF NOT EXISTS entries (
	exercise TEXT NOT NULL,
	attempt  BIGINT NOT NULL,
	seq      BIGINT NOT NULL CHECK (seq > 0),
	at       BIGINT NOT NULL,
	kind     TEXT NOT NULL,
	data     TEXT NOT NULL,
	PRIMARY KEY (exercise, attempt, seq),
	FOREIGN KEY (exercise, attempt) REFERENCES attempts (exercise, number)
);

-- +goose Down
DROP TABLE entries;
DROP TABLE attempts;
DROP TABLE settings;
