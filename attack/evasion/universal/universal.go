// Package universal looks for one change that turns many rows.
package universal

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed universal.md
var doc string

// Attack adds the same change to every row, and climbs the margin of all of
// them together.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/universal",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Moosavi-Dezfooli, Fawzi, Fawzi, Frossard: Universal Adversarial Perturbations, CVPR 2017, arXiv:1610.08401; " +
		"found by ascent of the clipped loss as in Shafahi et al., 2018, arXiv:1811.11304, algorithm 2",
	Whole: true,
	Steps: defaultSteps,
	Share: 0.2,
	Run:   run,
}

const (
	defaultSteps = 60
	clip         = 1.0 // of a margin, in units of the mean lead: rows that fell far stop pulling
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, best: tr.Batch.Clone(), delta: make([]float32, tr.Batch.Dim)}
	steps := cmp.Or(tr.Budget.Steps, defaultSteps)
	for step := range steps + 1 {
		// The step shrinks from half a radius to a small part of one.
		if err := s.step(ctx, 0.5*float32(steps-step)/float32(steps)+0.02); err != nil {
			return evasion.Result{}, fmt.Errorf("step %d: %w", step+1, err)
		}
	}
	return evasion.Result{Adv: s.best}, nil
}

// A search is one run of the attack.
type search struct {
	tr    *evasion.Trial
	model ml.Model
	delta []float32
	best  ml.Batch
	most  int // rows that fell in best
	lead  float64
}

// step counts the rows that the change turns, and moves it.
func (s *search) step(ctx context.Context, share float32) error {
	x := s.tr.Batch.Clone()
	for i := range x.Rows() {
		for k, d := range s.delta {
			x.Row(i)[k] += d
		}
		s.tr.Ball.Clip(x.Row(i), s.tr.Batch.Row(i))
	}
	grad, lead, fell := make([]float32, len(x.X)), make([]float64, x.Rows()), make([]bool, x.Rows())
	err := s.model.VJP(ctx, x, func(r int, z, dz []float32) {
		lead[r] = ml.Margin(z, int(x.Y[r]), dz)
		fell[r] = ml.Argmax(z) != int(x.Y[r])
		if s.lead > 0 && lead[r] > clip*s.lead {
			clear(dz)
		}
	}, grad)
	if err != nil {
		return err
	}
	n, sum := 0, 0.0
	for i, f := range fell {
		sum -= lead[i] / float64(len(fell))
		if f {
			n++
		}
	}
	if n > s.most {
		s.most, s.best = n, x
	}
	up := make([]float32, x.Dim)
	for i, g := range grad {
		up[i%x.Dim] += g
	}
	if s.lead == 0 { // all the way for one row; the rows of two classes may pull evenly
		s.lead = sum
		copy(up, grad[:x.Dim])
		share = 1
	}
	origin := make([]float32, x.Dim)
	free := s.tr.Ball // a change has no box of its own
	free.Low, free.High = make([]float32, x.Dim), free.Radius
	for k, r := range free.Radius {
		free.Low[k] = -r
	}
	free.Step(s.delta, up, origin, share)
	return nil
}
