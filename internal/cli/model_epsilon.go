package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"quintain/lab"
	"quintain/ml/dp"
)

func modelEpsilonCommand(env *Env) *cobra.Command {
	var s dp.SGD
	var delta float64
	cmd := &cobra.Command{
		Use:   "epsilon",
		Short: "Compute the differential privacy that a run of DP-SGD promises",
		Long: `Compute the epsilon of a run of DP-SGD: --steps batches into which every row gets by its own
throw of a coin with probability --rate, gradients clipped row by row, and noise of --noise
times the clipping length on their sum. Two accountants bound it from above: the privacy-loss
distribution, which is tight, and Rényi differential privacy, which many reports quote.

The bounds do not hold for a loader that goes through shuffled rows.`,
		Example: "  quintain model epsilon --rate 0.01 --noise 1.1 --steps 10000 --delta 1e-5",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := s.Validate(); err != nil {
				return hint(&usageError{err}, "quintain model epsilon --rate 0.01 --noise 1.1 --steps 10000 --delta 1e-5")
			}
			if !(delta > 0 && delta < 1) {
				return usagef("--delta is %v, want a number between 0 and 1", delta)
			}
			return writeEpsilon(env.Stdout, s, delta)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&s.Rate, "rate", 0, "chance of a row to be in a batch: rows of a batch over all rows")
	f.Float64Var(&s.Noise, "noise", 0, "standard deviation of the noise, in units of the clipping length")
	f.IntVar(&s.Steps, "steps", 0, "batches in all")
	f.Float64Var(&delta, "delta", 1e-5, "probability with which epsilon need not hold")
	return cmd
}

// lossGrid is the interval of the grid of privacy losses.
const lossGrid = 1e-3

// writeEpsilon writes what both accountants say.
func writeEpsilon(w io.Writer, s dp.SGD, delta float64) error {
	p, err := s.PLD(lossGrid)
	if err != nil {
		return err
	}
	rdp, order := s.RDP(delta, dp.Orders())
	fmt.Fprintf(w, "%d steps, sampling rate %s, noise %s, delta %s\n", s.Steps, lab.Number(s.Rate), lab.Number(s.Noise), lab.Number(delta))
	fmt.Fprintf(w, "epsilon is at most %s by privacy-loss distributions\n", lab.Number(p.Epsilon(delta)))
	fmt.Fprintf(w, "epsilon is at most %s by Rényi differential privacy (order %s)\n", lab.Number(rdp), lab.Number(order))
	return nil
}
