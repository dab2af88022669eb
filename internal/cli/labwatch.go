package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quintain/lab"
)

// pollEvery is how often watch looks at the folder. A save is checked after two
// looks that found the same, which is before one has looked up.
const pollEvery = 150 * time.Millisecond

func labWatchCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "watch <exercise>", Short: "Check again whenever you save a file", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab watch F01",
		Long: `Check again whenever you save a file, until everything is passed. On a terminal keys
do the rest: h shows the next hint, r checks again, p draws the picture of what you
handed in, q ends.`,
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error { return o.watch(cmd.Context(), env, r, a[0]) })
		},
	}
}

// watch checks an exercise again and again.
func (o *labFlags) watch(ctx context.Context, env *Env, r *lab.Range, id string) error {
	if _, err := r.Start(ctx, id); err != nil {
		return err
	}
	s, err := r.Status(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keys, shown, restore, err := readKeys(env, cancel)
	if err != nil {
		return err
	}
	defer restore()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	end := "end with ctrl-c"
	if keys != nil {
		end = keyHelp
	}
	fmt.Fprintf(shown.Stderr, "watching %s; %s\n", oneLine(s.Dir), end)
	w := labWatch{ticks: ticker.C, keys: keys, dir: os.DirFS(s.Dir), out: shown, again: func() (bool, error) {
		g, err := checkLab(ctx, shown, r, id, "", false)
		return err == nil && g.Passed && passedAll(ctx, r, id), err
	}}
	w.hint = func() error { return showHint(ctx, shown, r, id) }
	w.picture = func() error {
		name, err := o.drawPicture(ctx, env, r, id, "")
		if err == nil {
			fmt.Fprintf(shown.Stdout, "picture: %s\n", oneLine(name))
		}
		return err
	}
	return w.run(ctx)
}

func passedAll(ctx context.Context, r *lab.Range, id string) bool {
	s, err := r.Status(ctx, id)
	return err == nil && s.State == lab.StatePassed
}

// keyHelp says what the keys do.
const keyHelp = "h hint, r check again, p picture, q quit"

// A labWatch does what a save or a key asks for.
type labWatch struct {
	ticks <-chan time.Time
	keys  <-chan byte // nil where there are none
	dir   fs.FS
	out   *Env

	again         func() (done bool, err error) // checks
	hint, picture func() error

	checked, last string // what the folder held
}

// run checks at once and then whenever a file has changed and has stayed the
// same since the tick before, so that a file that is being written is not read
// half. It ends when a check says so, or with ctx.
func (w *labWatch) run(ctx context.Context) error {
	done, err := w.check()
	for !done && err == nil {
		select {
		case <-ctx.Done():
			return nil // ctrl-c and q are how one ends it
		case _, open := <-w.ticks:
			if !open {
				return nil
			}
			done, err = w.look()
		case key, open := <-w.keys:
			if !open {
				w.keys = nil // the keyboard is gone, and the files are not
				break
			}
			done, err = w.press(key)
		}
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // what it was doing was given up
	}
	return err
}

// check looks, and checks what the folder holds.
func (w *labWatch) check() (done bool, err error) {
	now, err := modified(w.dir)
	if err != nil {
		return false, err
	}
	return w.checkAt(now)
}

// checkAt checks, where now is what was just seen in the folder.
func (w *labWatch) checkAt(now string) (done bool, err error) {
	w.checked, w.last = now, now
	done, err = w.again()
	if w.keys != nil && !done && err == nil {
		fmt.Fprintln(w.out.Stderr, keyHelp)
	}
	return done, err
}

// look checks if the folder has come to rest with something new.
func (w *labWatch) look() (done bool, err error) {
	now, err := modified(w.dir)
	rests := now == w.last
	w.last = now
	if err != nil || !rests || now == w.checked {
		return false, err
	}
	return w.checkAt(now)
}

// press does what a key asks for. What goes wrong with a hint or a picture is
// told, and the watch goes on.
func (w *labWatch) press(key byte) (done bool, err error) {
	switch key {
	case 'r', 'R', '\r', '\n':
		return w.check()
	case 'h', 'H':
		err = w.hint()
	case 'p', 'P':
		err = w.picture()
	default:
		fmt.Fprintln(w.out.Stderr, keyHelp)
	}
	if err != nil {
		tell(w.out.Stderr, err)
	}
	return false, nil
}

// maxWatched is how many files are watched.
const maxWatched = 10_000

// modified returns a text that changes when a file does.
func modified(dir fs.FS) (string, error) {
	var out strings.Builder
	n := 0
	err := fs.WalkDir(dir, ".", func(p string, d fs.DirEntry, err error) error {
		if n++; err != nil || n > maxWatched || d.IsDir() {
			return nil //nolint:nilerr // a file that is gone again
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&out, "%q %d %d\n", p, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return out.String(), err
}
