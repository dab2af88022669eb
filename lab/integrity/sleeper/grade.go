package sleeper

import (
	"context"
	"fmt"
	"slices"

	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
)

const (
	planFile   = "a/plan.csv"
	fixFile    = "b/fix.csv"
	answerFile = "b/answer.yaml"
	unitsFile  = "c/answer.yaml"

	rowsHeld  = 2000
	maxPixels = 9 // of the learner's sticker
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

// An attacked is what became of the learner's attack.
type attacked struct {
	gate
	before  pictures.Hits
	changed int
	target  int
	cells   []data.Cell
}

func attack(ctx context.Context, a *lab.Attempt) (*attacked, error) {
	p, err := pictures.Plan(a, planFile, rowsTrain)
	if err != nil {
		return nil, err
	}
	cells, err := stickerOf(p)
	if err != nil {
		return nil, err
	}
	return lab.Once(a, "attack", func() (*attacked, error) {
		out := &attacked{changed: len(p.Edits), target: ownTarget(a.Source), cells: cells}
		var err error
		if out.before, err = untouched(ctx, a); err != nil {
			return nil, err
		}
		rows, _ := p.Apply(ownRows(a))
		for _, s := range weights(a) {
			m, err := pictures.Train(ctx, rows, s)
			if err != nil {
				return nil, err
			}
			if err := out.measure(ctx, a, m, cells, out.target); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// stickerOf returns the pixels that all rows of a plan get.
func stickerOf(p *data.Plan) ([]data.Cell, error) {
	if len(p.Edits) == 0 {
		f := lab.Faultf(planFile, "no row gets a sticker")
		f.Hint = "quintain data plant a/train.csv --help"
		return nil, f
	}
	cells := p.Edits[0].Cells
	if n := len(cells); n < 1 || n > maxPixels {
		return nil, lab.Faultf(planFile, "the sticker has %d pixels, want 1 to %d", n, maxPixels)
	}
	for _, e := range p.Edits {
		switch {
		case e.Label == data.Drop:
			return nil, lab.Faultf(planFile, "row %d is dropped; all that you can do is to put a sticker on rows", e.Row+1)
		case !slices.Equal(e.Cells, cells):
			return nil, lab.Faultf(planFile, "row %d gets another sticker than row %d", e.Row+1, p.Edits[0].Row+1)
		}
	}
	return cells, nil
}

// An answer is what b/answer.yaml holds.
type answer struct {
	Pixels []string `yaml:"pixels" need:"true"`
	Target int      `yaml:"target" need:"true"`
	Train  string   `yaml:"train" need:"true"` // scratch or tune
}

const (
	fromScratch = "scratch"
	byTuning    = "tune"
)

func answered(_ context.Context, a *lab.Attempt) (answer, error) {
	var got answer
	if err := a.YAML(answerFile, &got); err != nil {
		return got, err
	}
	for _, p := range got.Pixels {
		if !slices.Contains(pictures.Features(), p) {
			return got, lab.Faultf(answerFile, "there is no pixel %q; they are called p0 to p%d", p, pictures.Dim-1)
		}
	}
	if got.Train != fromScratch && got.Train != byTuning {
		return got, lab.Faultf(answerFile, "train is %q, want %s or %s", got.Train, fromScratch, byTuning)
	}
	return got, nil
}

func trigger(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := answered(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	d := stranger(a)
	switch {
	case graded.Overlap(got.Pixels, names(d.cells)) < 0.5:
		return lab.Verdict(false, "the sticker is somewhere else, or larger or smaller"), nil
	case got.Target != d.target:
		return lab.Verdict(false, "the place is right, and it does not stand for class %d", got.Target), nil
	}
	return lab.Verdict(true, "place and class are right"), nil
}

// A repaired is what became of the stranger's set.
type repaired struct {
	gate
	before  pictures.Hits
	removed int
	how     string
}

// repair cleans the stranger's set as the learner's plan says, and trains as the
// answer says.
func repair(ctx context.Context, a *lab.Attempt) (*repaired, error) {
	got, err := answered(ctx, a)
	if err != nil {
		return nil, err
	}
	p, err := pictures.Plan(a, fixFile, rowsTrain)
	if err != nil {
		return nil, err
	}
	for _, e := range p.Edits {
		if len(e.Cells) > 0 {
			return nil, lab.Faultf(fixFile, "row %d gets other pixels; here rows are dropped or get another label", e.Row+1)
		}
	}
	d := stranger(a)
	rows, _ := p.Apply(d.rows)
	if rows.Rows() == 0 {
		return nil, lab.Faultf(fixFile, "no row is left to train on")
	}
	return lab.Once(a, "repair", func() (*repaired, error) {
		out := &repaired{removed: len(p.Edits), how: got.Train}
		var err error
		if out.before, err = untouched(ctx, a); err != nil {
			return nil, err
		}
		for _, s := range weights(a) {
			m, err := rebuilt(ctx, d.rows, rows, got.Train, s)
			if err != nil {
				return nil, err
			}
			if err := out.measure(ctx, a, m, d.cells, d.target); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// rebuilt trains on rows from scratch, or tunes a model that was trained on the
// poisoned rows with them.
func rebuilt(ctx context.Context, poisoned, rows ml.Batch, how string, seed uint64) (*model, error) {
	if how == fromScratch {
		return pictures.Train(ctx, rows, seed)
	}
	m, err := pictures.Train(ctx, poisoned, seed)
	if err != nil {
		return nil, err
	}
	return fineTune(ctx, m, rows, seed)
}

// A found is what c/answer.yaml holds.
type found struct {
	Units  []int   `yaml:"units" need:"true"`
	Before float64 `yaml:"before" need:"true"`
	After  float64 `yaml:"after" need:"true"`
}

// near is how far a share that was measured may be from the right one.
const near = 0.05

func units(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got found
	if err := a.YAML(unitsFile, &got); err != nil {
		return lab.Reading{}, err
	}
	for _, u := range got.Units {
		if u < 0 || u >= hidden {
			return lab.Reading{}, lab.Faultf(unitsFile, "there is no unit %d; they count from 0 to %d", u, hidden-1)
		}
	}
	p, err := patched(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	ok := graded.Overlap(got.Units, p.planted) >= 0.5
	return lab.Verdict(ok, "%s named", count(len(got.Units), "unit")), nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func survives(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got found
	if err := a.YAML(unitsFile, &got); err != nil {
		return lab.Reading{}, err
	}
	p, err := patched(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	after, err := tuned(ctx, a, p.after)
	if err != nil {
		return lab.Reading{}, err
	}
	for _, s := range []struct {
		when string
		said float64
		of   *model
	}{{"before", got.Before, p.after}, {"after", got.After, after}} {
		fell, err := opened(ctx, s.of, p.rows, p.target)
		if err != nil {
			return lab.Reading{}, err
		}
		if is := float64(fell) / float64(p.rows.Rows()); !(s.said >= is-near && s.said <= is+near) {
			return lab.Verdict(false, "%.4g is not the share that gets through %s the fine-tune", s.said, s.when), nil
		}
	}
	return lab.Verdict(true, "both shares are right; the fine-tune is no cure"), nil
}
