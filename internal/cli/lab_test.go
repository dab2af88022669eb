package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// watchOf returns a watch of a folder, and what it does.
func watchOf(dir fs.FS) (*labWatch, *strings.Builder) {
	var did strings.Builder
	do := func(what string, err error) func() error {
		return func() error {
			did.WriteString(what)
			return err
		}
	}
	return &labWatch{
		dir: dir, out: &Env{Stdout: &did, Stderr: io.Discard}, hint: do("h", nil), picture: do("p", errors.New("no picture")),
		again: func() (bool, error) { return false, do("c", nil)() },
	}, &did
}

// TestWatch wants one check at once, one for each save that has come to rest,
// and what each key is for.
func TestWatch(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		looks []string // content of answer.yaml at each look
		want  string   // a check, h hint, p picture
	}{
		"one save":            {[]string{"", "a", "a", "a"}, "cc"},
		"still being written": {[]string{"", "a", "ab", "abc", "abc"}, "cc"},
		"two saves":           {[]string{"", "a", "a", "ab", "ab", "ab"}, "ccc"},
		"saved and undone":    {[]string{"a", "ab", "a", "a"}, "c"},
	} {
		ticks := make(chan time.Time, len(c.looks))
		w, did := watchOf(&looks{texts: c.looks})
		w.ticks = ticks
		for range len(c.looks) - 1 {
			ticks <- time.Time{}
		}
		close(ticks)
		if err := w.run(t.Context()); did.String() != c.want || err != nil {
			t.Errorf("%s: did %q, %v, want %q", name, did, err, c.want)
		}
	}
	w, _ := watchOf(fstest.MapFS{})
	w.again = func() (bool, error) { return false, boom }
	if err := w.run(t.Context()); !errors.Is(err, boom) {
		t.Errorf("run = %v, want the error of the check", err)
	}
}

// TestWatchKeys presses keys: each does what it is for, and one that is for
// nothing says what there is. A picture that cannot be drawn, or a keyboard that
// is gone, does not end the watch.
func TestWatchKeys(t *testing.T) {
	w, did := watchOf(fstest.MapFS{"answer.yaml": {Data: []byte("x")}})
	var told strings.Builder
	w.out.Stderr = &told
	keys, ticks := make(chan byte), make(chan time.Time)
	w.keys, w.ticks = keys, ticks
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- w.run(ctx) }()
	for _, k := range []byte("hrp?R\rH") {
		keys <- k
	}
	close(keys)
	select {
	case err := <-ended:
		t.Fatalf("the watch ended with its keyboard: %v", err)
	case ticks <- time.Time{}:
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run = %v, want nil", err)
	}
	if got, want := did.String(), "chcpcch"; got != want {
		t.Errorf("did %q, want %q", got, want)
	}
	if got := told.String(); strings.Count(got, keyHelp) != 5 || !strings.Contains(got, "quintain: no picture\n") {
		t.Errorf("told %q, want the keys after each check and for the key that does nothing, and that there is no picture", got)
	}
}

// TestPressed reads keys as a terminal sends them.
func TestPressed(t *testing.T) {
	for in, want := range map[string]string{"h": "h", "q": "", "Q": "", "\x03": "", "\x04": "", "\x1b[A": "", "": ""} {
		quit := false
		keys := pressed(strings.NewReader(in), func() { quit = true })
		var got strings.Builder
		for k := range keys {
			got.WriteByte(k)
		}
		if wantQuit := len(in) == 1 && want == ""; got.String() != want || quit != wantQuit {
			t.Errorf("keys %q: got %q, quit %t, want %q, %t", in, got.String(), quit, want, wantQuit)
		}
	}
}

func TestCRLF(t *testing.T) {
	var out strings.Builder
	n, err := (&crlf{&out}).Write([]byte("a\nb\n"))
	if n != 4 || err != nil || out.String() != "a\r\nb\r\n" {
		t.Errorf("wrote %q, %d, %v", out.String(), n, err)
	}
}

// TestLabPicture draws to a file, and says why where there is nothing to draw.
func TestLabPicture(t *testing.T) {
	home := t.TempDir()
	run := func(args ...string) (int, string) {
		var out strings.Builder
		code := Main(t.Context(), &Env{
			Args: append(args, "--home", home), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now,
		})
		return code, out.String()
	}
	if code, out := run("lab", "picture", "F01"); code != statusCannot || !strings.Contains(out, "hint: quintain lab start begins it") {
		t.Errorf("before the start: status %d, %q, want 3 and what begins it", code, out)
	}
	if code, out := run("lab", "start", "F01"); code != statusOK {
		t.Fatalf("start: status %d, %q", code, out)
	}
	name := filepath.Join(home, "pictures", "F01.svg")
	if code, out := run("lab", "picture", "F01"); code != statusOK || strings.TrimSpace(out) != name {
		t.Errorf("status %d, %q, want 0 and %s", code, out, name)
	}
	if b, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(b), "<svg xmlns=") || !strings.Contains(string(b), "<style>") {
		t.Errorf("the file holds %.80q, %v, want an SVG with colors", b, err)
	}
	to := filepath.Join(home, "other.svg")
	if code, out := run("lab", "picture", "F01", "-o", to); code != statusOK {
		t.Errorf("-o: status %d, %q", code, out)
	}
	if _, err := os.Stat(to); err != nil {
		t.Error(err)
	}
}
