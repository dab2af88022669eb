package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"quintain/lab"
	laball "quintain/lab/all"
)

func labHintCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "hint <exercise>", Short: "Show the next of three hints", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab hint F01",
		Long:    "Show the next hint: a direction, then a method, then nearly the solution. Hints are free and\nrecorded: a pass with hints proves level 2, one without level 3.",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				return showHint(cmd.Context(), env, r, a[0])
			})
		},
	}
}

// showHint shows the next hint.
func showHint(ctx context.Context, env *Env, r *lab.Range, id string) error {
	text, n, err := r.Hint(ctx, id)
	if err == nil {
		fmt.Fprintf(env.Stdout, "Hint %d of 3: %s\n", n, text)
	}
	return err
}

func labSolutionCommand(env *Env, o *labFlags) *cobra.Command {
	var anyway bool
	cmd := &cobra.Command{
		Use: "solution <exercise>", Short: "Show the reference solution", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab solution F01",
		Long:    "Show the reference solution. Before you have passed it takes --anyway, and then only\na fresh attempt (quintain lab reset) can count.",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				s, err := r.Status(cmd.Context(), a[0])
				if err != nil {
					return err
				}
				if s.State != lab.StatePassed && !anyway {
					return hint(usagef("%s is not passed yet", s.ID), "quintain lab hint %s, or --anyway; then only a fresh attempt can count", s.ID)
				}
				text, err := r.Solution(cmd.Context(), a[0])
				if err != nil {
					return err
				}
				fmt.Fprintln(env.Stdout, strings.TrimSpace(text))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&anyway, "anyway", false, "also before passing")
	return cmd
}

func labLessonCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "lesson <exercise>", Short: "Print the lesson behind an exercise", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab lesson F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				e, err := r.Exercise(a[0])
				if err == nil {
					fmt.Fprintln(env.Stdout, strings.TrimSpace(e.Lesson))
				}
				return err
			})
		},
	}
}

func labResetCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "reset <exercise>", Short: "Start an exercise anew with another seed; your old folder is kept", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab reset F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				if _, err := r.Reset(cmd.Context(), a[0]); err != nil {
					return err
				}
				return showStart(cmd.Context(), env, r, a[0])
			})
		},
	}
}

func labActCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "act <exercise> <act> [argument]...", Short: "Do something in the world of an exercise", Args: args(cobra.MinimumNArgs(2)),
		Example: "  quintain lab act F01 ACT",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				return r.Act(cmd.Context(), a[0], a[1], a[2:], &visible{env.Stdout})
			})
		},
	}
}

// A visible writer shows each line of what a world said as text.
type visible struct {
	w interface{ Write(b []byte) (int, error) }
}

// Write implements [io.Writer]. It is given whole lines.
func (v *visible) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		if _, err := fmt.Fprintln(v.w, oneLine(line)); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func labLedgerCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "ledger <exercise>", Short: "Print what happened in the world of an exercise, one event a line", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab ledger F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				l, err := r.Ledger(cmd.Context(), a[0])
				if err != nil {
					return err
				}
				_, err = l.WriteTo(env.Stdout)
				return err
			})
		},
	}
}

func labReviewCommand(env *Env, o *labFlags) *cobra.Command {
	return &cobra.Command{
		Use: "review <exercise>", Short: "Show your way through an exercise beside that of the reference", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab review F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				v, err := r.Review(cmd.Context(), a[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(env.Stdout, "%s, attempt %d: %d minutes at work\nreference: %s\n", v.Exercise, v.Attempt, v.Minutes, strings.Join(v.Path, " → "))
				for _, s := range v.Steps {
					bar := strings.Repeat("#", s.Reached) + strings.Repeat(".", len(v.Path)-s.Reached)
					fmt.Fprintf(env.Stdout, "%s  %s  %-8s  %s\n", s.At.Format("2006-01-02 15:04"), bar, s.Kind, oneLine(s.Text))
				}
				return nil
			})
		},
	}
}

func labLintCommand(env *Env) *cobra.Command {
	var seeds int
	var table bool
	cmd := &cobra.Command{
		Use: "lint [exercise]...", Short: "Prove exercises: the reference passes, every mistake fails where it should",
		Example: "  quintain lab lint F01",
		RunE: func(cmd *cobra.Command, a []string) error {
			if seeds < 1 || seeds > 10_000 {
				return usagef("--seeds is %d, want 1 to 10000", seeds)
			}
			broken := false
			known := make(map[string]bool)
			for _, e := range laball.Exercises {
				known[strings.ToUpper(e.ID)] = true
			}
			for _, id := range a {
				if !known[strings.ToUpper(id)] {
					return labHint(fmt.Errorf("%w: %q", lab.ErrUnknown, id))
				}
			}
			for _, e := range laball.Exercises {
				if len(a) > 0 && !containsFold(a, e.ID) {
					continue
				}
				ok, err := lintExercise(cmd, env, e, seeds, table)
				if err != nil {
					return err
				}
				broken = broken || !ok
			}
			if broken {
				return &exitError{statusFailed}
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&seeds, "seeds", 10, "prove on so many `seeds`")
	cmd.Flags().BoolVar(&table, "table", false, "print what every check measured, as the calibration table")
	return cmd
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// lintExercise proves one exercise and reports whether it holds.
func lintExercise(cmd *cobra.Command, env *Env, e *lab.Exercise, seeds int, table bool) (bool, error) {
	if err := e.Validate(); err != nil {
		fmt.Fprintf(env.Stdout, "FAIL  %s: %s\n", e.ID, oneLine(err.Error()))
		return false, nil
	}
	trials := []*lab.Solution{nil}
	for i := range e.Solutions {
		trials = append(trials, &e.Solutions[i])
	}
	ok := true
	var c calibration
	for _, s := range trials {
		for seed := range seeds {
			dir, err := os.MkdirTemp("", "quintain-lint-")
			if err != nil {
				return false, err
			}
			t := lab.Trial{Solution: s, Seed: seed, Dir: dir}
			grades, err := lab.Prove(cmd.Context(), e, t)
			os.RemoveAll(dir) //nolint:errcheck // a folder of ours
			if cmd.Context().Err() != nil {
				return false, cmd.Context().Err()
			}
			if err != nil {
				ok = false
				fmt.Fprintf(env.Stdout, "FAIL  %s: %s\n", e.ID, oneLine(err.Error()))
			}
			c.add(t.Name(), grades)
		}
	}
	if ok {
		fmt.Fprintf(env.Stdout, "pass  %s on %d seeds: the start, %d solutions\n", e.ID, seeds, len(e.Solutions))
	}
	if table {
		return ok, c.write(env)
	}
	return ok, nil
}

// A calibration collects what checks measured for each solution.
type calibration struct {
	order []string
	rows  map[string]*calibrated
}

type calibrated struct {
	solution, check, want string
	low, high             float64
	passed, failed        int
	metric                bool
}

func (c *calibration) add(solution string, grades []*lab.Grade) {
	if c.rows == nil {
		c.rows = make(map[string]*calibrated)
	}
	for _, g := range grades {
		for i := range g.Results {
			r := &g.Results[i]
			key := solution + "\x00" + r.Stage + "/" + r.Check
			row := c.rows[key]
			if row == nil {
				row = &calibrated{solution: solution, check: r.Stage + "/" + r.Check, low: r.Reading.Value, high: r.Reading.Value}
				c.rows[key] = row
				c.order = append(c.order, key)
			}
			if r.Type == lab.Metric && r.Fault == nil {
				row.metric, row.want = true, fmt.Sprintf("%s %s", r.Op, lab.Number(r.Limit))
			}
			row.low, row.high = min(row.low, r.Reading.Value), max(row.high, r.Reading.Value)
			if r.Passed {
				row.passed++
			} else {
				row.failed++
			}
		}
	}
}

// write writes the table as Markdown.
func (c *calibration) write(env *Env) error {
	fmt.Fprintln(env.Stdout, "| solution | check | want | measured | passed | failed |\n|---|---|---|---|--:|--:|")
	for _, key := range c.order {
		r := c.rows[key]
		measured := ""
		if r.metric {
			measured = lab.Number(r.low) + " to " + lab.Number(r.high)
		}
		_, err := fmt.Fprintf(env.Stdout, "| %s | %s | %s | %s | %d | %d |\n", r.solution, r.check, r.want, measured, r.passed, r.failed)
		if err != nil {
			return err
		}
	}
	return nil
}
