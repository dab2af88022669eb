package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"quintain/lab"
)

var _ lab.Store = (*DB)(nil)

// Setting implements [lab.Store].
func (s *DB) Setting(ctx context.Context, name string, change func(old []byte) ([]byte, error)) (value []byte, err error) {
	if change == nil {
		return setting(s.db.QueryRowContext(ctx, s.bind("SELECT value FROM settings WHERE name = ?"), name))
	}
	err = s.write(ctx, func(t *transaction) error {
		if value, err = setting(t.row(ctx, "SELECT value FROM settings WHERE name = ?", name)); err != nil {
			return err
		}
		fresh, err := change(value)
		if err != nil || fresh == nil {
			return err
		}
		value = fresh
		return t.exec(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			name, base64.StdEncoding.EncodeToString(fresh))
	})
	return value, err
}

func setting(row *sql.Row) ([]byte, error) {
	var text string
	switch err := row.Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// Start implements [lab.Store].
func (s *DB) Start(ctx context.Context, r lab.Record) (lab.Record, error) {
	r.Started = lab.Instant(r.Started)
	err := s.write(ctx, func(t *transaction) error {
		var last, place int
		err := t.row(ctx, "SELECT COALESCE(MAX(number), 0) FROM attempts WHERE exercise = ?", r.Exercise).Scan(&last)
		if err != nil {
			return err
		}
		if r.Number != last+1 {
			return lab.ErrConflict
		}
		if err := t.row(ctx, "SELECT COALESCE(MAX(place), 0) FROM attempts").Scan(&place); err != nil {
			return err
		}
		return t.exec(ctx, "INSERT INTO attempts (place, exercise, number, learner, cohort, started) VALUES (?, ?, ?, ?, ?, ?)",
			place+1, r.Exercise, r.Number, r.Learner, r.Cohort, r.Started.UnixMilli())
	})
	if err != nil {
		return lab.Record{}, err
	}
	return r, nil
}

// Since implements [lab.Store]. Entries are read first: the attempt of each is
// then among those that are read after.
func (s *DB) Since(ctx context.Context, after lab.Place) (lab.News, error) {
	out := lab.News{Next: after}
	err := s.rows(ctx, func(rows *sql.Rows) error {
		var place int
		e, err := entry(rows, &place)
		out.Entries, out.Next.Entries = append(out.Entries, e), place
		return err
	}, "SELECT place, exercise, attempt, seq, at, kind, data FROM entries WHERE place > ? ORDER BY place", after.Entries)
	if err != nil {
		return lab.News{}, err
	}
	err = s.rows(ctx, func(rows *sql.Rows) error {
		var r lab.Record
		var started int64
		err := rows.Scan(&out.Next.Attempts, &r.Exercise, &r.Number, &r.Learner, &r.Cohort, &started)
		r.Started = time.UnixMilli(started).UTC()
		out.Attempts = append(out.Attempts, r)
		return err
	}, "SELECT place, exercise, number, learner, cohort, started FROM attempts WHERE place > ? ORDER BY place", after.Attempts)
	return out, err
}

// rows calls each for every row of a query.
func (s *DB) rows(ctx context.Context, each func(*sql.Rows) error, q string, args ...any) error {
	stmt, err := s.prepared(ctx, q) //nolint:sqlclosecheck // kept for the next reader
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// entry scans an entry and its place.
func entry(rows *sql.Rows, place *int) (lab.Entry, error) {
	var e lab.Entry
	var at int64
	var data string
	err := rows.Scan(place, &e.Exercise, &e.Attempt, &e.Seq, &at, &e.Kind, &data)
	e.At = time.UnixMilli(at).UTC()
	if data != "" {
		e.Data = json.RawMessage(data)
	}
	return e, err
}

// Append implements [lab.Store].
func (s *DB) Append(ctx context.Context, e lab.Entry, after int) (lab.Entry, error) {
	err := s.write(ctx, func(t *transaction) error {
		var started int64
		err := t.row(ctx, "SELECT started FROM attempts WHERE exercise = ? AND number = ?", e.Exercise, e.Attempt).Scan(&started)
		if errors.Is(err, sql.ErrNoRows) {
			return lab.ErrNoAttempt
		}
		if err != nil {
			return err
		}
		var seq int
		var at int64
		err = t.row(ctx, "SELECT COALESCE(MAX(seq), 0), COALESCE(MAX(at), 0) FROM entries WHERE exercise = ? AND attempt = ?",
			e.Exercise, e.Attempt).Scan(&seq, &at)
		if err != nil {
			return err
		}
		if after >= 0 && after != seq {
			return lab.ErrConflict
		}
		e.Seq = seq + 1
		e.At = time.UnixMilli(max(started, at, e.At.UnixMilli())).UTC()
		var place int
		if err := t.row(ctx, "SELECT COALESCE(MAX(place), 0) FROM entries").Scan(&place); err != nil {
			return err
		}
		return t.exec(ctx, "INSERT INTO entries (place, exercise, attempt, seq, at, kind, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
			place+1, e.Exercise, e.Attempt, e.Seq, e.At.UnixMilli(), string(e.Kind), string(e.Data))
	})
	if err != nil {
		return lab.Entry{}, err
	}
	return e, nil
}

// Entries implements [lab.Store].
func (s *DB) Entries(ctx context.Context, exercise string, attempt int) (out []lab.Entry, err error) {
	err = s.rows(ctx, func(rows *sql.Rows) error {
		var place int
		e, err := entry(rows, &place)
		out = append(out, e)
		return err
	}, "SELECT place, exercise, attempt, seq, at, kind, data FROM entries WHERE exercise = ? AND attempt = ? ORDER BY seq", exercise, attempt)
	return out, err
}
