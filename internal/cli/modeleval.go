package cli

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain/lab"
	"quintain/ml"
	"quintain/stats"
)

// An evalFlags says what to measure.
type evalFlags struct {
	data       string
	sweep      bool
	threshold  float64
	prevalence float64
	class      int
}

func modelEvalCommand(env *Env) *cobra.Command {
	var o evalFlags
	cmd := &cobra.Command{
		Use:   "eval <model.onnx>",
		Short: "Measure a classifier on labeled rows, at one threshold or at all",
		Long: `Measure a classifier on labeled rows. A row raises an alarm if the probability of the class
--class is at least the threshold. Recall is the share of that class that alarms, the
false-positive rate that of the others; neither depends on how frequent the class is.
Precision and the number of alarms do: they are those of the rows, or of production if
--prevalence says how frequent the class is there. Ends of intervals are at 95%; those of
the precision put the pessimistic end of one rate with that of the other.`,
		Example: "  quintain model eval scorer.onnx --data lab.csv --threshold-sweep --prevalence 0.005",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runEval(cmd.Context(), env, &o, a[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "CSV `file` with labeled rows")
	f.BoolVar(&o.sweep, "threshold-sweep", false, "measure many thresholds")
	f.Float64Var(&o.threshold, "threshold", 0.5, "measure this threshold")
	f.Float64Var(&o.prevalence, "prevalence", 0, "share of the class in production (default: that of the rows)")
	f.IntVar(&o.class, "class", 1, "the class that is looked for")
	return cmd
}

func runEval(ctx context.Context, env *Env, o *evalFlags, name string) error {
	switch {
	case o.data == "":
		return hint(usagef("no rows to measure on"), "quintain model eval %s --data test.csv", name)
	case !(o.prevalence >= 0 && o.prevalence < 1):
		return usagef("--prevalence is %v, want a number from 0 to below 1", o.prevalence)
	case !(o.threshold >= 0 && o.threshold <= 1):
		return usagef("--threshold is %v, want a number from 0 to 1", o.threshold)
	}
	m, err := readModel(name)
	if err != nil {
		return err
	}
	if o.class < 0 || o.class >= m.Spec().Classes {
		return usagef("--class is %d, and the model has classes 0 to %d", o.class, m.Spec().Classes-1)
	}
	b, err := readRows(o.data, m.Spec())
	if err != nil {
		return err
	}
	r, right, err := scoreRows(ctx, m, b, o.class)
	if err != nil {
		return err
	}
	pos, neg := r.Counts()
	share := o.prevalence
	if share == 0 {
		share = float64(pos) / float64(pos+neg)
	}
	fmt.Fprintf(env.Stdout, "%d rows, %d of class %d (%s %%); accuracy %s, area under the curve %s\n", pos+neg, pos, o.class,
		lab.Number(100*float64(pos)/float64(pos+neg)), lab.Value(lab.Rate(right, pos+neg, 0)), lab.Number(r.AUC()))
	fmt.Fprintf(env.Stdout, "precision and alarms are for a share of %s %%\n\n", lab.Number(100*share))
	thresholds := []float64{o.threshold}
	if o.sweep {
		thresholds = sweepThresholds(r, o.threshold)
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "THRESHOLD\tRECALL\t\tFALSE-POSITIVE RATE\t\tPRECISION\t\tALARMS OF 100000")
	for _, t := range thresholds {
		writeOperating(w, r.Reaching(t), t, share)
	}
	return w.Flush()
}

// scoreRows returns the curve of the probabilities of a class, and how many
// rows are told right.
func scoreRows(ctx context.Context, m ml.Oracle, b ml.Batch, class int) (*stats.ROC, int, error) {
	p, err := lab.Probabilities(ctx, m, b, class)
	if err != nil {
		return nil, 0, err
	}
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, 0, err
	}
	classes, right := m.Spec().Classes, 0
	var pos, neg []float64
	for i, v := range p {
		if ml.Argmax(z[i*classes:(i+1)*classes]) == int(b.Y[i]) {
			right++
		}
		if int(b.Y[i]) == class {
			pos = append(pos, v)
		} else {
			neg = append(neg, v)
		}
	}
	r, err := stats.NewROC(pos, neg)
	return r, right, err
}

// sweepThresholds returns the threshold given and those that leave round rates
// of false positives, as far as the rows resolve them, from the lowest.
func sweepThresholds(r *stats.ROC, given float64) []float64 {
	var out []float64
	last := -1.0
	for _, rate := range []float64{0.5, 0.2, 0.1, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.01, 0.0075, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0002, 0.0001} {
		o, err := r.At(rate)
		if err != nil || o.Threshold == last || o.Threshold > 1 {
			continue
		}
		if last < given && given < o.Threshold {
			out = append(out, given)
		}
		last = o.Threshold
		out = append(out, last)
	}
	return out
}

// writeOperating writes what a threshold does.
func writeOperating(w *tabwriter.Writer, o stats.Operating, threshold, share float64) {
	recallLow, recallHigh := stats.ClopperPearson(o.TP, o.Pos, 0.95)
	fprLow, fprHigh := stats.ClopperPearson(o.FP, o.Neg, 0.95)
	recall, fpr := float64(o.TP)/float64(o.Pos), float64(o.FP)/float64(o.Neg)
	alarms := func(r, f float64) float64 { return share*r + (1-share)*f }
	precision := func(r, f float64) string {
		if alarms(r, f) == 0 {
			return "-"
		}
		return lab.Number(share * r / alarms(r, f))
	}
	interval := func(low, high string) string { return "[" + low + ", " + high + "]" }
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f\n", strconv.FormatFloat(threshold, 'f', 6, 64),
		lab.Number(recall), interval(lab.Number(recallLow), lab.Number(recallHigh)),
		lab.Number(fpr), interval(lab.Number(fprLow), lab.Number(fprHigh)),
		precision(recall, fpr), interval(precision(recallLow, fprHigh), precision(recallHigh, fprLow)),
		100_000*alarms(recall, fpr))
}
