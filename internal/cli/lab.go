package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"quintain/internal/store"
	"quintain/lab"
	laball "quintain/lab/all"
)

// A labFlags says where a learner's work is.
type labFlags struct {
	home  string // folder with the store and the learner's folders
	store string // file or address; empty: in home
}

func (o *labFlags) flags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&o.home, "home", "", "`folder` of your work and your progress (default $QUINTAIN_HOME, or quintain in your home folder)")
	f.StringVar(&o.store, "store", "", "`file` or postgres:// address of your progress (default store.db in the home folder)")
}

// storeFile is the name of the progress in that folder.
const storeFile = "store.db"

// folder returns the folder of the learner's work.
func (o *labFlags) folder(env *Env) (string, error) {
	home := o.home
	if home == "" {
		home = env.Getenv("QUINTAIN_HOME")
	}
	if home == "" && env.Getenv("HOME") != "" {
		home = filepath.Join(env.Getenv("HOME"), "quintain")
	}
	if home == "" {
		return "", hint(usagef("no folder for your work"), "name one with --home")
	}
	return home, nil
}

// open opens the range. The function it returns closes it.
func (o *labFlags) open(ctx context.Context, env *Env) (*lab.Range, func() error, error) {
	home, err := o.folder(env)
	if err != nil {
		return nil, nil, err
	}
	name := o.store
	if name == "" {
		name = filepath.Join(home, storeFile)
	}
	s, err := store.Open(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	r, err := lab.New(lab.Options{Exercises: laball.Exercises, Store: s, Root: filepath.Join(home, "lab"), Now: env.Now})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return r, s.Close, nil
}

// with runs f on the range.
func (o *labFlags) with(ctx context.Context, env *Env, f func(r *lab.Range) error) (err error) {
	r, done, err := o.open(ctx, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return labHint(f(r))
}

// labHint adds what can be done about the mistakes that everybody makes.
func labHint(err error) error {
	switch {
	case errors.Is(err, lab.ErrUnknown):
		return hint(&usageError{err}, "quintain lab list shows the exercises")
	case errors.Is(err, lab.ErrNoAttempt):
		return hint(err, "quintain lab start begins it")
	}
	return err
}

func labCommand(env *Env) *cobra.Command {
	var o labFlags
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Practice on the range: attack, analyze and defend small systems",
		Long: `Practice on the range. An exercise puts files into a folder of yours; you hand in
others; check measures what you achieved and shows the first thing that is missing.
There is no way to fail: try as often as you like, ask for hints, go on tomorrow.`,
		Example: "  quintain lab next\n  quintain lab start F01\n  quintain lab check F01",
	}
	o.flags(cmd)
	cmd.AddCommand(
		labListCommand(env, &o), labNextCommand(env, &o), labStartCommand(env, &o), labStatusCommand(env, &o),
		labCheckCommand(env, &o), labWatchCommand(env, &o), labPictureCommand(env, &o),
		labLessonCommand(env, &o), labHintCommand(env, &o), labSolutionCommand(env, &o), labResetCommand(env, &o), labActCommand(env, &o),
		labLedgerCommand(env, &o), labReviewCommand(env, &o), labLintCommand(env),
		labCohortCommand(env, &o), labExportCommand(env, &o), labImportCommand(env, &o),
	)
	return cmd
}

func labListCommand(env *Env, o *labFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the exercises and how far you are", Args: args(cobra.NoArgs),
		Example: "  quintain lab list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				all, err := r.List(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return encode(env, all)
				}
				w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "\tID\tEXERCISE\tMINUTES\tSTAGES\tLEVEL\tSTATE")
				for i := range all {
					s := &all[i]
					mark := ""
					if s.Next {
						mark = "→"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%s\n", mark, s.ID, s.Title, s.Minutes, stagesPassed(s), s.Level, stateOf(s))
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// stagesPassed writes the stages of an exercise, those passed as capitals.
func stagesPassed(s *lab.Status) string {
	var out []string
	for _, st := range s.Stages {
		if st.Passed {
			out = append(out, strings.ToUpper(st.ID))
		} else {
			out = append(out, st.ID)
		}
	}
	return strings.Join(out, " ")
}

func stateOf(s *lab.Status) string {
	switch {
	case s.Stale:
		return "due again"
	case len(s.Missing) > 0 && s.State == lab.StateNew:
		return "after " + strings.Join(s.Missing, ", ")
	}
	return string(s.State)
}

func labNextCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "next", Short: "Say what to do next", Args: args(cobra.NoArgs),
		Example: "  quintain lab next",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				e, err := r.Next(cmd.Context())
				if err != nil {
					return err
				}
				if e == nil {
					fmt.Fprintln(env.Stdout, "Nothing is left to do for now.")
					return nil
				}
				s, err := r.Status(cmd.Context(), e.ID)
				if err != nil {
					return err
				}
				verb := "start"
				switch {
				case s.State == lab.StateStarted:
					verb = "check"
				case s.Stale:
					verb = "reset"
				}
				fmt.Fprintf(env.Stdout, "%s, %s (%d minutes)\n  quintain lab %s %s\n", e.ID, e.Title, e.Minutes, verb, e.ID)
				return nil
			})
		},
	}
}

func labStartCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "start <exercise>", Short: "Start an exercise, or go on with it", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab start F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				if _, err := r.Start(cmd.Context(), a[0]); err != nil {
					return err
				}
				return showStart(cmd.Context(), env, r, a[0])
			})
		},
	}
}

// showStart prints the brief and where the files are.
func showStart(ctx context.Context, env *Env, r *lab.Range, id string) error {
	e, err := r.Exercise(id)
	if err != nil {
		return err
	}
	s, err := r.Status(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\nYour folder: %s\n", strings.TrimSpace(e.Brief)+"\n", s.Dir)
	return nil
}

func labStatusCommand(env *Env, o *labFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status <exercise>", Short: "Say how far you are with an exercise", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab status F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				s, err := r.Status(cmd.Context(), a[0])
				if err != nil || asJSON {
					return errors.Join(err, encodeIf(env, err == nil, s))
				}
				fmt.Fprintf(env.Stdout, "%s, %s: %s", s.ID, s.Title, stateOf(&s))
				if s.Attempt > 0 {
					fmt.Fprintf(env.Stdout, ", attempt %d, %d checked, %d hints, level %d of 3", s.Attempt, s.Tries, s.Hints, s.Level)
				}
				fmt.Fprintln(env.Stdout)
				for _, st := range s.Stages {
					mark := " "
					if st.Passed {
						mark = "x"
					}
					fmt.Fprintf(env.Stdout, "  [%s] %s  %s: %s\n", mark, st.ID, st.Mode, st.Goal)
				}
				last, err := r.LastGrade(cmd.Context(), s.ID)
				if err != nil {
					return err
				}
				if last != nil {
					fmt.Fprintf(env.Stdout, "  last check: %s\n", oneLine(gradeLine(last)))
				}
				if s.Dir != "" {
					fmt.Fprintf(env.Stdout, "  %s\n", oneLine(s.Dir))
				}
				if !s.Due.IsZero() {
					fmt.Fprintf(env.Stdout, "  due again on %s\n", s.Due.Format(time.DateOnly))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// gradeLine says what a grade came to.
func gradeLine(g *lab.Grade) string {
	if f := g.Failed(); f != nil {
		return f.Line()
	}
	return "stage " + g.Stage + " passed"
}

func encodeIf(env *Env, ok bool, v any) error {
	if !ok {
		return nil
	}
	return encode(env, v)
}
