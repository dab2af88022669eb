package cli

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// A looks is a folder whose one file has another content at each look.
type looks struct{ texts []string }

// Open implements [fs.FS]. Opening the folder itself is a look.
func (l *looks) Open(name string) (fs.File, error) {
	text := l.texts[0]
	l.texts = l.texts[1:]
	return fstest.MapFS{"answer.yaml": {Data: []byte(text), ModTime: time.Unix(int64(len(text)), 0)}}.Open(name)
}

// Stat implements [fs.StatFS], so that walking opens the folder once.
func (l *looks) Stat(name string) (fs.FileInfo, error) { return fstest.MapFS{}.Stat(name) }

// TestWatchFolder wants one check at once, and one for each save that has come
// to rest.
func TestWatchFolder(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		looks  []string // content of answer.yaml at each look
		checks int
	}{
		"one save":            {[]string{"", "a", "a", "a"}, 2},
		"still being written": {[]string{"", "a", "ab", "abc", "abc"}, 2},
		"two saves":           {[]string{"", "a", "a", "ab", "ab", "ab"}, 3},
		"saved and undone":    {[]string{"a", "ab", "a", "a"}, 1},
	} {
		ticks := make(chan time.Time, len(c.looks))
		for range len(c.looks) - 1 {
			ticks <- time.Time{}
		}
		close(ticks)
		n := 0
		err := watchFolder(t.Context(), ticks, &looks{texts: c.looks}, func() (bool, error) { n++; return false, nil })
		if n != c.checks || err != nil {
			t.Errorf("%s: %d checks, %v, want %d", name, n, err, c.checks)
		}
	}
	err := watchFolder(t.Context(), nil, fstest.MapFS{}, func() (bool, error) { return false, boom })
	if !errors.Is(err, boom) {
		t.Errorf("watchFolder = %v, want the error of the check", err)
	}
}
