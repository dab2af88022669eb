// Package deepfool goes straight to the nearest boundary, again and again.
package deepfool

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed deepfool.md
var doc string

// Attack takes all boundaries for flat and goes to the nearest of them.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/deepfool",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Moosavi-Dezfooli, Fawzi, Frossard: DeepFool: a Simple and Accurate Method to Fool Deep Neural Networks, CVPR 2016, arXiv:1511.04599, " +
		"algorithm 2 and section 3.3; the box is kept to as in FAB",
	Steps: defaultSteps,
	Run:   run,
}

const (
	defaultSteps = 50
	maxTargets   = 9
	overshoot    = 1e-3 // of the way to the boundary, so that it is crossed
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, x: tr.Batch.Clone(), near: evasion.NewNearest(tr)}
	for i := range tr.Batch.Rows() {
		s.standing = append(s.standing, i)
	}
	for step := range cmp.Or(tr.Budget.Steps, defaultSteps) {
		if err := s.step(ctx); err != nil {
			return evasion.Result{}, fmt.Errorf("step %d: %w", step+1, err)
		}
	}
	return s.near.Result(ctx)
}

// A search is one run of the attack.
type search struct {
	tr       *evasion.Trial
	model    ml.Model
	x        ml.Batch
	near     *evasion.Nearest
	standing []int
}

// step moves the rows that still stand to their nearest boundary.
func (s *search) step(ctx context.Context) error {
	if len(s.standing) == 0 {
		return nil
	}
	at := s.x.Pick(s.standing)
	best, short := at.Clone(), slices.Repeat([]float64{math.Inf(1)}, at.Rows())
	grad, gap := make([]float32, len(at.X)), make([]float64, at.Rows())
	for rank := range min(s.model.Spec().Classes-1, maxTargets) {
		err := s.model.VJP(ctx, at, func(r int, z, dz []float32) {
			y := int(at.Y[r])
			gap[r] = -ml.Toward(z, y, ml.Runner(z, y, rank), dz)
		}, grad)
		if err != nil {
			return err
		}
		for r := range at.Rows() {
			to := slices.Clone(at.Row(r))
			far := s.tr.Ball.Lean(to, grad[r*at.Dim:(r+1)*at.Dim], gap[r]+overshoot*math.Abs(gap[r])+1e-7)
			if far < short[r] {
				short[r] = far
				copy(best.Row(r), to)
			}
		}
	}
	fell, err := evasion.Fooled(ctx, s.model, best)
	if err != nil {
		return err
	}
	still := s.standing[:0]
	for r, row := range s.standing {
		copy(s.x.Row(row), best.Row(r))
		if fell[r] {
			s.near.Meet(row, best.Row(r))
		} else {
			still = append(still, row)
		}
	}
	s.standing = still
	return nil
}
