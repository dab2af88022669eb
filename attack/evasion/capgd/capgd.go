// Package capgd is projected gradient descent that repairs the row after every
// step.
package capgd

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed capgd.md
var doc string

// Attack climbs the margin and brings the row back to what its constraints
// allow after every step, which is halved when climbing stalls.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/capgd",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Simonetto, Ghamizi, Cordy: Constrained Adaptive Attack: Effective Adversarial Attack Against Deep Neural Networks for Tabular Data, " +
		"NeurIPS 2024, arXiv:2406.00775, section 4",
	Ruled: true,
	Steps: defaultSteps,
	Share: 0.01,
	Run:   run,
}

const (
	defaultSteps = 20
	starts       = 3
	patience     = 3 // steps without gain before the step is halved
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	out := evasion.Result{Adv: tr.Batch.Clone()}
	done := make([]bool, tr.Batch.Rows())
	for start := range starts {
		if err := climb(ctx, tr, model, start, out.Adv, done); err != nil {
			return out, fmt.Errorf("start %d: %w", start, err)
		}
	}
	return out, nil
}

// climb starts once from every row: from itself, or from a random row that was
// repaired. Rows that are done are left alone.
func climb(ctx context.Context, tr *evasion.Trial, model ml.Model, start int, adv ml.Batch, done []bool) error {
	x := tr.Batch.Clone()
	best, stalled, size := make([]float64, x.Rows()), make([]int, x.Rows()), slices.Repeat([]float32{2}, x.Rows())
	if start > 0 {
		for i := range x.Rows() {
			tr.Ball.Scatter(x.Row(i), tr.Batch.Row(i), tr.Rand(i, start))
			mend(tr, x.Row(i), i)
		}
	}
	grad, lead, fell := make([]float32, len(x.X)), make([]float64, x.Rows()), make([]bool, x.Rows())
	for step := range cmp.Or(tr.Budget.Steps, defaultSteps) + 1 {
		err := model.VJP(ctx, x, func(r int, z, dz []float32) {
			lead[r] = ml.Margin(z, int(x.Y[r]), dz)
			fell[r] = ml.Argmax(z) != int(x.Y[r])
		}, grad)
		if err != nil {
			return err
		}
		for i := range x.Rows() {
			if done[i] {
				continue
			}
			if fell[i] && tr.Rules.Valid(x.Row(i), tr.Batch.Row(i)) == nil {
				copy(adv.Row(i), x.Row(i))
				done[i] = true
				continue
			}
			if step == 0 || lead[i] > best[i] {
				best[i], stalled[i] = lead[i], 0
			} else if stalled[i]++; stalled[i] >= patience {
				size[i], stalled[i] = size[i]/2, 0
			}
			tr.Ball.Step(x.Row(i), grad[i*x.Dim:(i+1)*x.Dim], tr.Batch.Row(i), size[i])
			mend(tr, x.Row(i), i)
		}
	}
	return nil
}

// mend repairs a row. One that repair takes out of the ball goes back to where
// it was.
func mend(tr *evasion.Trial, x []float32, i int) {
	tr.Rules.Repair(x, tr.Batch.Row(i))
	if tr.Ball.Check(x, tr.Batch.Row(i)) != nil {
		tr.Ball.Clip(x, tr.Batch.Row(i))
		tr.Rules.Repair(x, tr.Batch.Row(i))
		if tr.Ball.Check(x, tr.Batch.Row(i)) != nil {
			copy(x, tr.Batch.Row(i))
		}
	}
}
