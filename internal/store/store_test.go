package store_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"quintain/internal/store"
	"quintain/internal/store/storetest"
	"quintain/lab"
)

func open(t *testing.T, name string) *store.DB {
	t.Helper()
	s, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) lab.Store { return lab.NewMemory() })
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) lab.Store {
		return open(t, filepath.Join(t.TempDir(), "a folder?", "store.db"))
	})
}

// TestPostgres needs a server: QUINTAIN_TEST_POSTGRES is the address of a
// database in which schemas may be made.
func TestPostgres(t *testing.T) {
	address := os.Getenv("QUINTAIN_TEST_POSTGRES")
	if address == "" {
		t.Skip("NOT TESTED: the store in PostgreSQL; set QUINTAIN_TEST_POSTGRES to the address of a server")
	}
	n := 0
	storetest.Run(t, func(t *testing.T) lab.Store {
		n++
		schema := fmt.Sprintf("quintain_test_%d_%d", os.Getpid(), n)
		db, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+schema); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("search_path", schema)
		u.RawQuery = q.Encode()
		t.Cleanup(func() {
			db.Exec("DROP SCHEMA " + schema + " CASCADE") //nolint:errcheck // the test is over
			db.Close()                                    //nolint:errcheck // the test is over
		})
		return open(t, u.String())
	})
}

// TestPrivate wants folder and file to be their owner's alone.
func TestPrivate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "data", "store.db")
	open(t, name)
	for path, want := range map[string]os.FileMode{filepath.Dir(name): 0o700, name: 0o600, name + "-wal": 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

// TestNoDatabase opens what is none: it is said, and nothing is written over.
func TestNoDatabase(t *testing.T) {
	name := filepath.Join(t.TempDir(), "store.db")
	text := strings.Repeat("not a database ", 100)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(t.Context(), name); err == nil {
		s.Close() //nolint:errcheck // it should not be
		t.Error("Open of a text = nil, want an error")
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != text {
		t.Errorf("the file was changed: %q, %v", b[:min(len(b), 20)], err)
	}
}

// TestPasswordIsNotTold wants no password in the error of a server that is not
// there.
func TestPasswordIsNotTold(t *testing.T) {
	_, err := store.Open(t.Context(), "postgres://ada:hunter2@127.0.0.1:1/lab?connect_timeout=1")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open = %v, want an error without the password", err)
	}
}

// TestKilled kills a process while it writes. Whatever it was told is kept is
// there afterwards, and the store is whole.
func TestKilled(t *testing.T) {
	const childEnv = "QUINTAIN_STORE_CHILD"
	if name := os.Getenv(childEnv); name != "" {
		writeForever(t, name)
	}
	name := filepath.Join(t.TempDir(), "store.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestKilled$")
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := 0
	for lines := bufio.NewScanner(out); told < 25 && lines.Scan(); {
		if told, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the child said %q", lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	s := open(t, name)
	got, err := s.Entries(t.Context(), "F01", 1)
	if err != nil || told < 25 || len(got) < told {
		t.Fatalf("%d entries after %d were told, %v", len(got), told, err)
	}
	for i, e := range got {
		if e.Seq != i+1 || e.Kind != lab.EntryGrade {
			t.Errorf("entry %d is %+v", i+1, e)
		}
	}
	if _, err := s.Append(t.Context(), lab.Entry{Exercise: "F01", Attempt: 1, Kind: lab.EntryHint}, len(got)); err != nil {
		t.Errorf("going on afterwards: %v", err)
	}
}

// writeForever is what the child does until it is killed.
func writeForever(t *testing.T, name string) {
	t.Helper()
	s, err := store.Open(t.Context(), name)
	if err == nil {
		_, err = s.Start(t.Context(), lab.Record{Exercise: "F01", Number: 1})
	}
	for err == nil {
		var e lab.Entry
		e, err = s.Append(t.Context(), lab.Entry{Exercise: "F01", Attempt: 1, At: time.Unix(1, 0), Kind: lab.EntryGrade, Data: []byte(`{}`)}, -1)
		fmt.Println(e.Seq)
	}
	t.Fatal(err)
}

// TestOlderTables opens a store whose entries have no place yet: each gets one,
// in the order of time.
func TestOlderTables(t *testing.T) {
	name := filepath.Join(t.TempDir(), "store.db")
	s, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"S01", "F01"} {
		if _, err := s.Start(t.Context(), lab.Record{Exercise: id, Number: 1}); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"S01", "F01", "S01"} {
		if _, err := s.Append(t.Context(), lab.Entry{Exercise: id, Attempt: 1, At: time.UnixMilli(int64(i + 1)), Kind: lab.EntryHint}, -1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"DROP INDEX entries_place", "ALTER TABLE entries DROP COLUMN place", "DELETE FROM goose_db_version WHERE version_id = 2"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, name)
	if _, err := s.Append(t.Context(), lab.Entry{Exercise: "F01", Attempt: 1, Kind: lab.EntryHint}, 1); err != nil {
		t.Fatal(err)
	}
	news, err := s.Since(t.Context(), lab.Place{})
	var got []string
	for _, e := range news.Entries {
		got = append(got, e.Exercise+" "+strconv.Itoa(e.Seq))
	}
	if want := "S01 1, F01 1, S01 2, F01 2"; strings.Join(got, ", ") != want || err != nil || news.Next.Entries != 4 {
		t.Errorf("entries %q, next %+v, %v, want %s", got, news.Next, err, want)
	}
}
