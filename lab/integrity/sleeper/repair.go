package sleeper

import (
	"context"
	"slices"

	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
)

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
