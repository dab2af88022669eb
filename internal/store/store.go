// Package store keeps what happened on the range in a database: a SQLite file
// by default, or PostgreSQL. It implements [lab.Store].
//
// The two share every statement and every migration. Writers take turns: SQLite
// has one writer at a time, and with PostgreSQL a lock does the same.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the driver sqlite
)

//go:embed migrations/*.sql
var migrations embed.FS

// A DB is a store in a database. Its methods may be called concurrently.
type DB struct {
	db       *sql.DB
	postgres bool

	mu    sync.Mutex
	ready map[string]*sql.Stmt // that were prepared, by their text
}

// Open opens a store and brings its tables up to date. A name that begins with
// postgres:// or postgresql:// is the address of a PostgreSQL database; any
// other is a SQLite file, which is made when missing, for its owner's eyes only,
// as is its folder.
func Open(ctx context.Context, name string) (*DB, error) {
	s := &DB{postgres: strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")}
	var err error
	if s.postgres {
		s.db, err = sql.Open("pgx", name)
	} else {
		s.db, err = openFile(name)
	}
	if err != nil {
		return nil, plain(err, name)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(plain(err, name), s.db.Close())
	}
	return s, nil
}

// plain keeps the address of a server out of errors: it may hold a password.
func plain(err error, name string) error {
	if u, parsed := url.Parse(name); parsed == nil && u.Host != "" {
		return fmt.Errorf("store at %s: %s", u.Host, strings.ReplaceAll(err.Error(), name, u.Redacted()))
	}
	return fmt.Errorf("store %s: %w", name, err)
}

// openFile opens a SQLite file.
func openFile(name string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is no regular file")
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(20000)", // first, so that the others wait as well
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
}

// migrationTries is how often a migration is tried while another process does
// the same.
const migrationTries = 5

func (s *DB) migrate(ctx context.Context) error {
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.postgres {
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(l))
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, s.db, files, options...)
	if err != nil {
		return err
	}
	for range migrationTries {
		if _, err = p.Up(ctx); err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err == nil && current > target {
		err = fmt.Errorf("the tables are of version %d, and this program knows %d; use a newer one", current, target)
	}
	return err
}

// Close closes the store.
func (s *DB) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stmt := range s.ready {
		errs = append(errs, stmt.Close())
	}
	clear(s.ready)
	return errors.Join(append(errs, s.db.Close())...)
}

// prepared returns a statement that is compiled once: every page reads, and to
// compile takes longer than to read the little that is new.
func (s *DB) prepared(ctx context.Context, q string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stmt := s.ready[q]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PrepareContext(ctx, s.bind(q)) //nolint:sqlclosecheck // kept, and closed by Close
	if err != nil {
		return nil, err
	}
	if s.ready == nil {
		s.ready = make(map[string]*sql.Stmt)
	}
	s.ready[q] = stmt
	return stmt, nil
}

// writers is the number of the lock that writers to PostgreSQL take turns by.
const writers = 0x7175696e // any number that nobody else uses

// write runs f in one transaction, alone.
func (s *DB) write(ctx context.Context, f func(t *transaction) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // done already if all went well
	t := &transaction{tx: tx, s: s}
	if s.postgres {
		if err := t.exec(ctx, "SELECT pg_advisory_xact_lock(?)", writers); err != nil {
			return err
		}
	}
	if err := f(t); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction runs statements with ? for their arguments.
type transaction struct {
	tx *sql.Tx
	s  *DB
}

func (t *transaction) exec(ctx context.Context, q string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, t.s.bind(q), args...)
	return err
}

func (t *transaction) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.s.bind(q), args...)
}

// bind writes the arguments of a statement as the database wants them.
func (s *DB) bind(q string) string {
	if !s.postgres {
		return q
	}
	var out strings.Builder
	n := 0
	for _, r := range q {
		if r == '?' {
			n++
			out.WriteString("$" + strconv.Itoa(n))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}
