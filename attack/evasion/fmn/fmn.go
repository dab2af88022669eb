// Package fmn shrinks a ball around each row until the boundary just touches it.
package fmn

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed fmn.md
var doc string

// Attack climbs the margin within a ball that shrinks where the class is
// another one and grows where it is not.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/fmn",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Pintor, Roli, Brendel, Biggio: Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints, NeurIPS 2021, arXiv:2102.12827, " +
		"algorithm 1 for L2 and L-infinity",
	Steps: defaultSteps,
	Share: 0.9,
	Run:   run,
}

const (
	defaultSteps = 200
	first, last  = 0.05, 0.001 // share by which the ball grows or shrinks
	pace         = 1.0         // of the first step, in units of the ball it is in
	crawl        = 0.01        // of the last step
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, x: tr.Batch.Clone(), near: evasion.NewNearest(tr), size: make([]float64, tr.Batch.Rows())}
	for i := range s.size {
		s.size[i] = math.Inf(1)
	}
	steps := cmp.Or(tr.Budget.Steps, defaultSteps)
	for step := range steps {
		// Both rates fall from their first to their last value along a cosine.
		share := (1 + math.Cos(math.Pi*float64(step)/float64(steps))) / 2
		if err := s.step(ctx, last+(first-last)*share, crawl+(pace-crawl)*share); err != nil {
			return evasion.Result{}, fmt.Errorf("step %d: %w", step+1, err)
		}
	}
	if err := s.look(ctx); err != nil {
		return evasion.Result{}, err
	}
	return s.near.Result(ctx)
}

// A search is one run of the attack.
type search struct {
	tr    *evasion.Trial
	model ml.Model
	x     ml.Batch
	near  *evasion.Nearest
	size  []float64 // of the ball around each row, in radii
}

// step changes the balls by share and moves every row within its own.
func (s *search) step(ctx context.Context, share, pace float64) error {
	grad, lead, fell := make([]float32, len(s.x.X)), make([]float64, s.x.Rows()), make([]bool, s.x.Rows())
	err := s.model.VJP(ctx, s.x, func(r int, z, dz []float32) {
		y := int(s.x.Y[r])
		lead[r] = ml.Margin(z, y, dz)
		fell[r] = ml.Argmax(z) != y
	}, grad)
	if err != nil {
		return err
	}
	for r := range s.x.Rows() {
		x, center, g := s.x.Row(r), s.tr.Batch.Row(r), grad[r*s.x.Dim:(r+1)*s.x.Dim]
		s.resize(r, g, lead[r], fell[r], share)
		if size := float32(min(s.size[r], 1e6)); size > 0 {
			s.tr.Ball.Scaled(size).Step(x, g, center, float32(pace))
		}
	}
	return nil
}

// resize shrinks the ball of row r if the row is misclassified, to no more than
// how far it is then, and else grows it: as far as the boundary seems to be
// while none was crossed.
func (s *search) resize(r int, g []float32, lead float64, fell bool, share float64) {
	x, center := s.x.Row(r), s.tr.Batch.Row(r)
	far, crossed := s.near.Far(r)
	switch {
	case fell:
		s.near.Meet(r, x)
		far, _ = s.near.Far(r)
		s.size[r] = min(s.size[r]*(1-share), far)
	case crossed:
		s.size[r] = min(s.size[r]*(1+share), far)
	default:
		s.size[r] = (s.tr.Ball.Far(x, center) + s.slope(g, -lead)) * (1 + share)
	}
}

// slope is how far off the boundary seems to be if the margin falls by gap as
// fast as it does at first.
func (s *search) slope(g []float32, gap float64) float64 {
	var sum float64
	for i, v := range g {
		d := math.Abs(float64(v)) * float64(s.tr.Ball.Radius[i])
		if s.tr.Ball.Norm == evasion.L2 {
			d *= d
		}
		sum += d
	}
	if s.tr.Ball.Norm == evasion.L2 {
		sum = math.Sqrt(sum)
	}
	if !(sum > 0) {
		return math.Inf(1)
	}
	return gap / sum
}

// look meets the rows where the last step led.
func (s *search) look(ctx context.Context) error {
	fell, err := evasion.Fooled(ctx, s.model, s.x)
	for r, f := range fell {
		if f {
			s.near.Meet(r, s.x.Row(r))
		}
	}
	return err
}
