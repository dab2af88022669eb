package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

func modelCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Train, measure, inspect and convert models",
		Long:  "Train small classifiers on tables of yours or that come with the program, measure any ONNX\nclassifier on rows of yours, find out what it remembers, and read the data sheet of any model\nfile without loading it.",
	}
	cmd.AddCommand(
		modelTrainCommand(env), modelEvalCommand(env), modelInspectCommand(env), modelConvertCommand(env),
		modelMembersCommand(env), modelEpsilonCommand(env), modelInvertCommand(env), modelDiffCommand(env),
	)
	return cmd
}

// A trainFlags says what to train.
type trainFlags struct {
	file          string
	hidden        []int
	rows          int
	share, weight float64
	seed          uint64
	private       privateFlags
}

// trainable are the tables that model train knows.
var trainable = []string{"cancer", "credit", "digits", "fraud"}

func modelTrainCommand(env *Env) *cobra.Command {
	var o trainFlags
	cmd := &cobra.Command{
		Use:   "train <table>",
		Short: "Train a small network on a table of yours or one that comes with the program",
		Long: `Train a network of fully connected layers on a CSV file, or on digits, cancer, credit or
fraud, and write it as ONNX. Every fifth row is kept for testing, and the accuracy there is
printed. Measures in units of their own (cancer, credit) are shifted and scaled first. One
seed gives one model, bit for bit.

With --clip and --noise training is differentially private (DP-SGD), and the epsilon that it
promises to each row is printed.`,
		Example: "  quintain model train fraud --seed 7 -o scorer.onnx\n  quintain model train digits --hidden 64\n  quintain model train patients.csv --hidden 4 --batch 75 --rate 0.01 --clip 1 --noise 1.5 --delta 1e-3",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runTrain(cmd.Context(), env, &o, a[0])
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "output", "o", "", "`file` to write (default: the table's name and .onnx)")
	f.IntSliceVar(&o.hidden, "hidden", []int{32}, "units of each hidden layer")
	f.IntVar(&o.rows, "rows", 4000, "payments to make, for fraud")
	f.Float64Var(&o.share, "prevalence", 0.3, "share of fraud among them")
	f.Float64Var(&o.weight, "weight", 1, "how much more a row of class 1 counts than others")
	f.Uint64Var(&o.seed, "seed", 1, "seed of everything random")
	o.private.flags(f)
	return cmd
}

func (o *trainFlags) check(table string) error {
	switch {
	case !slices.Contains(trainable, table) && !isFile(table):
		return usagef("there is no table %q (have %s, and CSV files)", table, strings.Join(trainable, ", "))
	case o.rows < 100 || o.rows > 1_000_000:
		return usagef("--rows is %d, want 100 to 1000000", o.rows)
	case o.private.test != "" && !isFile(table):
		return usagef("--test is for a table of yours; %s has rows to test on", table)
	case !(o.share > 0 && o.share < 1):
		return usagef("--prevalence is %v, want a number between 0 and 1", o.share)
	case !(o.weight > 0 && o.weight <= 1000):
		return usagef("--weight is %v, want more than 0 and at most 1000", o.weight)
	}
	for _, h := range o.hidden {
		if h < 1 || h > 4096 {
			return usagef("--hidden has a layer of %d units, want 1 to 4096", h)
		}
	}
	return o.private.check()
}

// table returns training and test rows, and the number of classes.
func (o *trainFlags) table(name string) (in, out ml.Batch, classes int, err error) {
	if isFile(name) {
		return o.private.read(name)
	}
	var b ml.Batch
	classes = 2
	switch name {
	case "cancer":
		b = datasets.Cancer()
	case "credit":
		b = datasets.Credit()
	case "digits":
		b, classes = datasets.Digits(), 10
	case "fraud":
		b = datasets.Fraud(o.rows, o.share, o.seed)
	}
	in, out = datasets.Split(b)
	if name == "cancer" || name == "credit" {
		datasets.Standardize(in, out)
	}
	return in, out, classes, nil
}

func runTrain(ctx context.Context, env *Env, o *trainFlags, name string) error {
	if err := o.check(name); err != nil {
		return err
	}
	in, out, classes, err := o.table(name)
	if err != nil {
		return err
	}
	opts, err := o.private.options(in.Rows(), o.seed)
	if err != nil {
		return err
	}
	if o.weight != 1 {
		opts.Loss = weightedLoss(o.weight)
	}
	widths := append(append([]int{in.Dim}, o.hidden...), classes)
	g, err := train.Fit(ctx, train.MLP(widths, o.seed), in, opts)
	if err != nil {
		return err
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return err
	}
	hits, err := train.Accuracy(ctx, net, out)
	if err != nil {
		return err
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		return err
	}
	if o.file == "" {
		o.file = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)) + ".onnx"
	}
	if err := writeFile(o.file, b); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: %d parameters, trained on %d rows; accuracy on %d others %s\n",
		oneLine(o.file), net.Spec().Parameters, in.Rows(), out.Rows(), lab.Value(lab.Rate(hits, out.Rows(), o.seed)))
	return o.private.report(env.Stdout, in.Rows())
}

// weightedLoss is the cross-entropy, times weight for rows of class 1.
func weightedLoss(weight float64) train.Loss {
	return func(_ int, z []float32, y int, dz []float32) float64 {
		loss := train.CrossEntropy(z, y, dz)
		if y != 1 {
			return loss
		}
		for k := range dz {
			dz[k] *= float32(weight)
		}
		return weight * loss
	}
}

// readModel reads and compiles an ONNX file.
func readModel(name string) (*graph.Net, error) {
	b, err := regular.Read(name, onnx.MaxSize)
	if err != nil {
		return nil, err
	}
	g, err := onnx.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return net, nil
}

// readRows reads labeled rows that fit a model.
func readRows(name string, s ml.Spec) (ml.Batch, error) {
	f, err := regular.Open(name)
	if err != nil {
		return ml.Batch{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	t, err := data.Read(f)
	if err != nil {
		return ml.Batch{}, fmt.Errorf("%s: %w", name, err)
	}
	b := ml.Batch{X: t.X, Dim: len(t.Features), Y: t.Y}
	if err := b.Check(s); err != nil {
		return ml.Batch{}, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}
