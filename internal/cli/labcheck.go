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

func labCheckCommand(env *Env, o *labFlags) *cobra.Command {
	var stage string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check <exercise>",
		Example: "  quintain lab check F01",
		Short:   "Measure what you handed in, and show the first thing that is missing",
		Long: `Measure what you handed in. Checks that passed are one line each. The first that does
not is shown with its value, what it was held to, how it moved since the last try, and
the command that shows the evidence; those after it are withheld until then.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				g, err := checkLab(cmd.Context(), env, r, a[0], stage, asJSON)
				if err == nil && !g.Passed {
					err = &exitError{statusFailed}
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&stage, "stage", "", "check this `stage` only")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the last grade as JSON")
	return cmd
}

// checkLab grades and prints each result as it comes.
func checkLab(ctx context.Context, env *Env, r *lab.Range, id, stage string, asJSON bool) (*lab.Grade, error) {
	show := func(res lab.Result) { showResult(env, &res) }
	if asJSON {
		show = nil
	}
	g, err := r.Check(ctx, id, stage, show)
	if err != nil {
		return nil, err
	}
	if asJSON {
		return g, encode(env, g)
	}
	switch {
	case g.Withheld == 1:
		fmt.Fprintln(env.Stdout, "1 check after it is withheld until it passes")
	case g.Withheld > 1:
		fmt.Fprintf(env.Stdout, "%d checks after it are withheld until it passes\n", g.Withheld)
	}
	if g.Passed {
		fmt.Fprintf(env.Stdout, "stage %s passed\n", g.Stage)
		s, err := r.Status(ctx, id)
		if err == nil && s.State == lab.StatePassed {
			fmt.Fprintf(env.Stdout, "%s passed, level %d of 3. What it looks like: quintain lab solution %s\n", s.ID, s.Level, s.ID)
		}
		return g, err
	}
	return g, nil
}

func showResult(env *Env, r *lab.Result) {
	mark := "pass"
	if !r.Passed {
		mark = "FAIL"
	}
	fmt.Fprintf(env.Stdout, "%s  %s\n", mark, oneLine(r.Line()))
	if r.Passed {
		return
	}
	if r.Fault != nil && r.Fault.Hint != "" {
		fmt.Fprintf(env.Stdout, "      %s\n", oneLine(r.Fault.Hint))
	}
	fmt.Fprintf(env.Stdout, "      evidence: %s\n", r.Show)
}

// pollEvery is how often watch looks at the folder.
const pollEvery = 500 * time.Millisecond

func labWatchCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "watch <exercise>", Short: "Check again whenever you save a file", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab watch F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				if _, err := r.Start(cmd.Context(), a[0]); err != nil {
					return err
				}
				s, err := r.Status(cmd.Context(), a[0])
				if err != nil {
					return err
				}
				ticker := time.NewTicker(pollEvery)
				defer ticker.Stop()
				fmt.Fprintf(env.Stderr, "watching %s; end with ctrl-c\n", oneLine(s.Dir))
				return watchFolder(cmd.Context(), ticker.C, os.DirFS(s.Dir), func() (bool, error) {
					g, err := checkLab(cmd.Context(), env, r, a[0], "", false)
					return err == nil && g.Passed && passedAll(cmd.Context(), r, a[0]), err
				})
			})
		},
	}
}

func passedAll(ctx context.Context, r *lab.Range, id string) bool {
	s, err := r.Status(ctx, id)
	return err == nil && s.State == lab.StatePassed
}

// watchFolder calls again at once and then after every tick at which a file has
// changed and has stayed the same since the tick before, so that a file that is
// being written is not read half. It ends when again says so.
func watchFolder(ctx context.Context, ticks <-chan time.Time, dir fs.FS, again func() (done bool, err error)) error {
	var checked, last string
	for first := true; ; first = false {
		now, err := modified(dir)
		if err != nil {
			return err
		}
		if first || now != checked && now == last {
			checked = now
			if done, err := again(); done || err != nil {
				return err
			}
		}
		last = now
		select {
		case <-ctx.Done():
			return nil // ctrl-c is how one ends it
		case _, open := <-ticks:
			if !open {
				return nil
			}
		}
	}
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
