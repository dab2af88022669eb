package dark

import (
	"context"
	"fmt"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
)

const (
	planFile   = "a/plan.csv"
	fixFile    = "b/fix.csv"
	answerFile = "b/answer.yaml"

	rowsHeld = 4000
)

// held are rows that nobody has seen.
func held(a *lab.Attempt) (ml.Batch, uint64) {
	seed := a.Seed("held-out")
	b, _ := lab.Once(a, "held-out", func() (ml.Batch, error) { return pictures.Draw(rowsHeld, seed), nil })
	return b, seed
}

// trained trains on rows, with seeds that only the grader knows.
func trained(ctx context.Context, a *lab.Attempt, key string, rows ml.Batch) (pictures.Hits, error) {
	return lab.Once(a, key, func() (pictures.Hits, error) {
		test, _ := held(a)
		return pictures.Trained(ctx, rows, test, []uint64{a.Seed("weights 1"), a.Seed("weights 2")})
	})
}

// labelPlan reads a plan that changes labels only.
func labelPlan(a *lab.Attempt, name string, drop bool) (*data.Plan, error) {
	p, err := pictures.Plan(a, name, rowsTrain)
	if err != nil {
		return nil, err
	}
	for _, e := range p.Edits {
		if len(e.Cells) > 0 || e.Label == data.Drop && !drop {
			f := lab.Faultf(name, "row %d gets other pixels or is dropped", e.Row+1)
			f.Hint = "here only labels may change"
			return nil, f
		}
	}
	return p, nil
}

// An attacked is what became of the learner's attack.
type attacked struct {
	before, after pictures.Hits
	changed       int
	victim        int
	seed          uint64
}

func attack(ctx context.Context, a *lab.Attempt) (*attacked, error) {
	p, err := labelPlan(a, planFile, false)
	if err != nil {
		return nil, err
	}
	return lab.Once(a, "attack", func() (*attacked, error) {
		d := own(a)
		rows, _ := p.Apply(d.rows)
		out := &attacked{victim: int(d.victim)}
		for i, y := range rows.Y {
			if y != d.rows.Y[i] {
				out.changed++
			}
		}
		var err error
		if out.before, err = trained(ctx, a, "own before", d.rows); err != nil {
			return nil, err
		}
		out.after, err = trained(ctx, a, "own after", rows)
		_, out.seed = held(a)
		return out, err
	})
}

func overall(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, err := attack(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	hit, all := out.after.Total()
	r := lab.Rate(hit, all, out.seed)
	r.Baseline = out.before.Accuracy()
	return r, nil
}

func rowsChanged(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, err := attack(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return lab.Reading{Value: float64(out.changed) / rowsTrain, Saw: fmt.Sprintf("%d of %d rows", out.changed, rowsTrain)}, nil
}

func victimRecall(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, err := attack(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	r := lab.Rate(out.after.Hit[out.victim], out.after.All[out.victim], out.seed)
	r.Saw = fmt.Sprintf("class %d; %.3g before", out.victim, out.before.Recall(out.victim))
	return r, nil
}

// An answer is what b/answer.yaml holds.
type answer struct {
	Annotator int `yaml:"annotator" need:"true"`
	Victim    int `yaml:"victim" need:"true"`
}

func who(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got answer
	if err := a.YAML(answerFile, &got); err != nil {
		return lab.Reading{}, err
	}
	d := stranger(a)
	switch {
	case got.Annotator != d.culprit:
		return lab.Verdict(false, "the labels of annotator %d are as good as those of others", got.Annotator), nil
	case got.Victim != int(d.victim):
		return lab.Verdict(false, "annotator %d it is, and class %d does not suffer", got.Annotator, got.Victim), nil
	}
	return lab.Verdict(true, "annotator and victim class are right"), nil
}

// kept measures what a repair costs: honest rows that are gone, or that have
// got a wrong label.
func kept(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	p, err := labelPlan(a, fixFile, true)
	if err != nil {
		return lab.Reading{}, err
	}
	d := stranger(a)
	honest, lost := 0, 0
	for _, f := range d.flipped {
		if !f {
			honest++
		}
	}
	for _, e := range p.Edits {
		if !d.flipped[e.Row] && e.Label != data.Keep && e.Label != d.rows.Y[e.Row] && e.Label != d.truth[e.Row] {
			lost++
		}
	}
	return lab.Reading{Value: 1 - float64(lost)/float64(honest), Saw: fmt.Sprintf("%d of %d lost", lost, honest)}, nil
}

// repaired compares every class after the repair with what it would be had
// nobody interfered.
func repaired(ctx context.Context, a *lab.Attempt) (before, after pictures.Hits, err error) {
	p, err := labelPlan(a, fixFile, true)
	if err != nil {
		return before, after, err
	}
	d := stranger(a)
	if before, err = trained(ctx, a, "stranger before", d.honest()); err != nil {
		return before, after, err
	}
	rows, _ := p.Apply(d.rows)
	if rows.Rows() == 0 {
		return before, after, lab.Faultf(fixFile, "no row is left")
	}
	after, err = trained(ctx, a, "stranger after", rows)
	return before, after, err
}

func worstClass(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	before, after, err := repaired(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	worst := 0
	fall := func(k int) float64 { return before.Recall(k) - after.Recall(k) }
	for k := range pictures.Classes {
		if fall(k) > fall(worst) {
			worst = k
		}
	}
	r := lab.Rate(after.Hit[worst], after.All[worst], a.Seed("held-out"))
	r.Baseline = before.Recall(worst)
	r.Saw = fmt.Sprintf("class %d has lost most; %.3g without the culprit", worst, r.Baseline)
	return r, nil
}
