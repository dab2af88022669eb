package fetch_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"quintain"
	"quintain/internal/fetch"
)

// now is the clock of every test.
var now = time.Date(2026, time.November, 24, 10, 0, 0, 0, time.UTC)

// content returns n bytes that differ from place to place.
func content(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// A recorder is a server that keeps what it was asked.
type recorder struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

// serve starts a server on loopback.
func serve(t *testing.T, h http.HandlerFunc) *recorder {
	t.Helper()
	rec := new(recorder)
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.seen = append(rec.seen, r.Clone(context.WithoutCancel(r.Context())))
		rec.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(rec.Close)
	return rec
}

// asked returns the requests since the last call.
func (r *recorder) asked() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seen
	r.seen = nil
	return s
}

// file answers like a server that knows ranges and versions.
func file(etag string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}
}

// cut answers like a server that breaks off after n bytes of b.
func cut(etag string, b []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", itoa(len(b)))
		write(w, b[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// write sends what a client may no longer want.
func write(w io.Writer, b []byte) { _, _ = w.Write(b) }

// options are usable ones: no waiting, no retries. The waits are kept.
func options(dir string) (o fetch.Options, waits *[]time.Duration) {
	waits = new([]time.Duration)
	return fetch.Options{
		Dir: dir, Now: func() time.Time { return now }, Retries: -1,
		Sleep: func(_ context.Context, d time.Duration) error {
			*waits = append(*waits, d)
			return nil
		},
	}, waits
}

// get fetches, which may fail.
func get(t *testing.T, ref string, o fetch.Options) (*fetch.Result, error) {
	t.Helper()
	s, err := fetch.Parse(ref)
	if err != nil {
		t.Fatalf("Parse(%q): %v", ref, err)
	}
	return s.Fetch(t.Context(), o)
}

// must fetches, and wants it to go well.
func must(t *testing.T, ref string, o fetch.Options) *fetch.Result {
	t.Helper()
	res, err := get(t, ref, o)
	if err != nil {
		t.Fatalf("fetch %s: %v", ref, err)
	}
	if !res.Manifest.Complete || len(res.Outcomes) != len(res.Manifest.Files) {
		t.Errorf("fetch %s: complete %t, %d outcomes of %d files", ref, res.Manifest.Complete, len(res.Outcomes), len(res.Manifest.Files))
	}
	return res
}

// fails wants an error that says want and leaves none of names behind.
func fails(t *testing.T, what string, err error, want, dir string, names ...string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q in it", what, err, want)
	}
	for _, n := range names {
		if _, err := os.Lstat(filepath.Join(dir, n)); err == nil {
			t.Errorf("%s: %s is there", what, n)
		}
	}
}

// tree returns the files below dir but those of the fetch itself.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		if rel = filepath.ToSlash(rel); rel != "quintain.fetch.json" && !strings.HasPrefix(rel, ".quintain.partial/") {
			out[rel] = string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// manifest reads the manifest in dir.
func manifest(t *testing.T, dir string) *fetch.Manifest {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "quintain.fetch.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := fetch.DecodeManifest(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// parts counts the files that wait to be completed.
func parts(t *testing.T, dir string) int {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, ".quintain.partial", "*.part"))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// put writes a file.
func put(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func digest(b []byte) quintain.Digest { return quintain.DigestOf(b) }
