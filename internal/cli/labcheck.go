package cli

import (
	"context"
	"fmt"

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
