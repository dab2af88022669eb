package lab_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain"
	"quintain/lab"
)

// TestPictured: whatever a picture may depend on changes the digest, also a
// byte that changes neither the size nor the time of its file, and nothing
// else does.
func TestPictured(t *testing.T) {
	c := &clock{morning}
	r, root := newRange(t, lab.NewMemory(), c)
	ctx, dir := t.Context(), filepath.Join(root, "F01")
	if _, err := r.Pictured(ctx, "F01"); !errors.Is(err, lab.ErrNoAttempt) {
		t.Errorf("before the first attempt: %v, want ErrNoAttempt", err)
	}
	if _, err := r.Start(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	seen := make(map[quintain.Digest]string)
	last := quintain.Digest("")
	look := func(what string, changes bool) {
		t.Helper()
		d, err := r.Pictured(ctx, "F01")
		if err != nil {
			t.Fatal(err)
		}
		if old, ok := seen[d]; ok && changes {
			t.Errorf("%s: the digest is that of %q", what, old)
		}
		if d != last && !changes {
			t.Errorf("%s: the digest changed", what)
		}
		seen[d], last = what, d
	}
	at := morning.Add(-time.Hour) // of the files, so that only their content tells
	write := func(name, text string) {
		put(t, dir, name, text)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	look("the start", true)
	look("another look", false)
	write("answer.yaml", "double: 1\n")
	look("a file", true)
	write("answer.yaml", "double: 2\n")
	look("a byte of it", true)
	if err := os.Mkdir(filepath.Join(dir, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("deep/down.txt", "x")
	look("a file in a folder", true)
	if err := r.Act(ctx, "F01", "ask", nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	look("an act", true)
	if _, _, err := r.Hint(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Check(ctx, "F01", "a", nil); err != nil {
		t.Fatal(err)
	}
	look("a hint and a check", false)

	// A large file is read while its time is so fresh that another write could
	// have the same.
	at = morning
	big := strings.Repeat("x", 300<<10)
	write("big.csv", big+"1")
	look("a large file", true)
	write("big.csv", big+"2")
	look("a byte of it in the same moment", true)
	c.t = morning.Add(time.Minute)
	look("a minute later", true)
	look("and again", false)
	at = morning.Add(30 * time.Second)
	write("big.csv", big+"3")
	look("a byte of it later", true)
	if err := os.Remove(filepath.Join(dir, "answer.yaml")); err != nil {
		t.Fatal(err)
	}
	look("a file is gone", true)
	if _, err := r.Reset(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	look("a fresh attempt", true)
}
