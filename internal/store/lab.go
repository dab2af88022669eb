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

// Records implements [lab.Store].
func (s *DB) Records(ctx context.Context) (out []lab.Record, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT exercise, number, learner, cohort, started FROM attempts ORDER BY place")
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var r lab.Record
		var started int64
		if err := rows.Scan(&r.Exercise, &r.Number, &r.Learner, &r.Cohort, &started); err != nil {
			return nil, err
		}
		r.Started = time.UnixMilli(started).UTC()
		out = append(out, r)
	}
	return out, rows.Err()
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
		return t.exec(ctx, "INSERT INTO entries (exercise, attempt, seq, at, kind, data) VALUES (?, ?, ?, ?, ?, ?)",
			e.Exercise, e.Attempt, e.Seq, e.At.UnixMilli(), string(e.Kind), string(e.Data))
	})
	if err != nil {
		return lab.Entry{}, err
	}
	return e, nil
}

// Entries implements [lab.Store].
func (s *DB) Entries(ctx context.Context, exercise string, attempt int) (out []lab.Entry, err error) {
	rows, err := s.db.QueryContext(ctx, s.bind("SELECT seq, at, kind, data FROM entries WHERE exercise = ? AND attempt = ? ORDER BY seq"), exercise, attempt)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		e := lab.Entry{Exercise: exercise, Attempt: attempt}
		var at int64
		var data string
		if err := rows.Scan(&e.Seq, &at, &e.Kind, &data); err != nil {
			return nil, err
		}
		e.At = time.UnixMilli(at).UTC()
		if data != "" {
			e.Data = json.RawMessage(data)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
