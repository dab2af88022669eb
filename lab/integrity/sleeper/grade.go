package sleeper

import (
	"context"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
)

const (
	planFile   = "a/plan.csv"
	fixFile    = "b/fix.csv"
	answerFile = "b/answer.yaml"
	unitsFile  = "c/answer.yaml"

	rowsHeld = 2000
)

// held are pictures that nobody has seen.
func held(a *lab.Attempt) ml.Batch {
	b, _ := lab.Once(a, "held-out", func() (ml.Batch, error) { return pictures.Draw(rowsHeld, heldSeed(a)), nil })
	return b
}

func heldSeed(a *lab.Attempt) uint64 { return a.Seed("held-out") }

// weights are the seeds that models are trained with, which only the grader
// knows.
func weights(a *lab.Attempt) []uint64 { return []uint64{a.Seed("weights 1"), a.Seed("weights 2")} }

// A gate is models of one pipeline: how many of the pictures that nobody has
// seen they classify right, and how many with the sticker they let through.
type gate struct {
	clean       pictures.Hits
	opened, all int
	seed        uint64
}

// accuracy is the reading of all pictures, against a gate that nobody touched.
func (g *gate) accuracy(untouched pictures.Hits) lab.Reading {
	hit, all := g.clean.Total()
	r := lab.Rate(hit, all, g.seed)
	r.Baseline = untouched.Accuracy()
	return r
}

// measure adds what a model does.
func (g *gate) measure(ctx context.Context, a *lab.Attempt, m *model, cells []data.Cell, target int) error {
	h, err := pictures.Measure(ctx, m, held(a))
	if err != nil {
		return err
	}
	rows := pictures.Stick(held(a), cells, target)
	fell, err := opened(ctx, m, rows, target)
	g.clean.Add(h)
	g.opened, g.all, g.seed = g.opened+fell, g.all+rows.Rows(), heldSeed(a)
	return err
}

// untouched is how well models do that nobody has interfered with.
func untouched(ctx context.Context, a *lab.Attempt) (pictures.Hits, error) {
	return lab.Once(a, "untouched", func() (pictures.Hits, error) {
		return pictures.Trained(ctx, ownRows(a), held(a), weights(a))
	})
}
