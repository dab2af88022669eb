package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/internal/regular"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/diff"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// A diffFlags says what to compare two models on, and how to tell.
type diffFlags struct {
	data string
	all  bool
	json bool
}

func modelDiffCommand(env *Env) *cobra.Command {
	var o diffFlags
	cmd := &cobra.Command{
		Use:   "diff <before.onnx> <after.onnx>",
		Short: "Say what changed between two models: graph, weights, units, and answers",
		Long: `Compare two ONNX models: which operators and connections differ, how far every tensor of
weights moved, and which units moved more than the others of their layer. A unit is one row
of a matrix or one channel of a convolution. It stands out if what it weighs its inputs with
(IN), or what others weigh it with (OUT), changed by more than 3.5 robust standard deviations
above the median of the layer. READS is the fewest inputs that hold nine tenths of its squared
weights, with their signs if they are few: a unit that waits for a trigger reads few.

With --data both models answer for labeled rows: where they disagree, and what each unit that
stands out makes of the rows. Units, inputs and nodes count from 0.

That two models differ is no verdict: the status is 0 whether they do or not.`,
		Example: "  quintain model diff before.onnx after.onnx\n  quintain model diff before.onnx after.onnx --data test.csv\n  quintain model diff vendor.onnx rebuilt.onnx --json",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runDiff(cmd.Context(), env, &o, a[0], a[1])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "`file` with labeled rows to compare the answers on")
	f.BoolVar(&o.all, "all", false, "list all units, not only those that stand out")
	f.BoolVar(&o.json, "json", false, "write JSON, which has all units")
	return cmd
}

// A comparison is what model diff finds out.
type comparison struct {
	Before    modelFile `json:"before"`
	After     modelFile `json:"after"`
	Identical bool      `json:"identical"` // byte for byte
	Same      bool      `json:"same"`      // they compute the same with the same numbers
	*diff.Report
	Behavior *diff.Behavior `json:"behavior,omitempty"`

	features []string // of the rows; nil without rows
}

// A modelFile is one of the two models.
type modelFile struct {
	File       string          `json:"file"`
	Digest     quintain.Digest `json:"digest"`
	Bytes      int             `json:"bytes"`
	Parameters int             `json:"parameters"`

	g *graph.Graph
}

func runDiff(ctx context.Context, env *Env, o *diffFlags, before, after string) error {
	c := &comparison{}
	var err error
	if c.Before, err = readModelFile(before); err != nil {
		return err
	}
	if c.After, err = readModelFile(after); err != nil {
		return err
	}
	if c.Report, err = diff.Compare(ctx, c.Before.g, c.After.g); err != nil {
		return err
	}
	c.Identical, c.Same = c.Before.Digest == c.After.Digest, c.Report.Same()
	if o.data != "" {
		if err := c.run(ctx, o.data); err != nil {
			return err
		}
	}
	if o.json {
		return encode(env, c)
	}
	return c.write(env.Stdout, o)
}

func readModelFile(name string) (modelFile, error) {
	b, err := regular.Read(name, onnx.MaxSize)
	if err != nil {
		return modelFile{}, err
	}
	g, err := onnx.Parse(b)
	if err != nil {
		return modelFile{}, fmt.Errorf("%s: %w", name, err)
	}
	m := modelFile{File: name, Digest: quintain.DigestOf(b), Bytes: len(b), g: g}
	for _, t := range g.Const {
		m.Parameters += len(t.Float)
	}
	return m, nil
}

// run has both models answer for rows.
func (c *comparison) run(ctx context.Context, name string) error {
	t, err := data.Open(name)
	if err != nil {
		return err
	}
	b := ml.Batch{X: t.X, Dim: len(t.Features), Y: t.Y}
	if c.Behavior, err = c.Run(ctx, c.Before.g, c.After.g, b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.features = t.Features
	return nil
}
