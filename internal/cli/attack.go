package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/assess"
)

// checkBudget refuses numbers that mean nothing.
func checkBudget(eps, robust float64, steps, samples int) error {
	switch {
	case !(eps > 0 && eps <= 1):
		return usagef("--eps is %v, want a number above 0 and at most 1", eps)
	case !(robust > 0 && robust <= 1):
		return usagef("--robust is %v, want a number above 0 and at most 1", robust)
	case steps < 0 || samples < 0 || steps > maxTrials || samples > 10*maxTrials:
		return usagef("--steps is %d and --samples %d, want numbers from 1 to %d and %d, or 0 for the attack's own", steps, samples, maxTrials, 10*maxTrials)
	}
	return nil
}

func attackCommand(env *Env, cat *catalog) *cobra.Command {
	var o output
	var data string
	var checks []string
	var eps, robust float64
	var w wiring
	cmd := &cobra.Command{
		Use:     "attack <model.onnx>",
		Short:   "Attack a learned model and measure what it withstands",
		Example: "  quintain attack triage.onnx --data triage.csv --eps 0.1",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			if data == "" {
				return hint(usagef("no data to attack on"), "quintain attack %s --data test.csv", a[0])
			}
			if err := checkBudget(eps, robust, w.evasion.Steps, w.evasion.MaxSamples); err != nil {
				return err
			}
			t := quintain.Target{Kind: quintain.KindClassifier, Ref: a[0], With: map[string]string{"data": data}}
			if cmd.Flags().Changed("eps") {
				t.With["eps"] = strconv.FormatFloat(eps, 'g', -1, 64)
			}
			if cmd.Flags().Changed("robust") {
				t.With["robust"] = strconv.FormatFloat(robust, 'g', -1, 64)
			}
			bar := newProgress(env, false)
			w.env, w.cat, w.seed = env, cat, o.seed
			w.progress = func(done, total int) { bar.step(done, total, "attacking "+a[0]) }
			j := job{
				out: &o, kind: "attack", engine: w.attacker(), checks: checks, targets: []quintain.Target{t}, digest: assess.Bind,
				command: repeat(cmd, a, o.seed),
			}
			defer bar.clear()
			return j.run(cmd.Context(), env, cat)
		},
	}
	o.flags(cmd, cat)
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "labeled rows to attack on, as CSV")
	f.StringArrayVar(&checks, "check", nil, "run this `check` or family only (repeatable)")
	f.Float64Var(&eps, "eps", 0.1, "largest change of a feature, in units of its range")
	f.Float64Var(&robust, "robust", 0.5, "robust accuracy that the model must keep")
	f.IntVar(&w.evasion.Steps, "steps", 0, "steps of iterative attacks (default: the attack's)")
	f.IntVar(&w.evasion.MaxSamples, "samples", 0, "attack at most this many rows (default: the engine's)")
	return cmd
}
