// Package fab walks along the decision boundary to its nearest point.
package fab

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

//go:embed fab.md
var doc string

// Attack looks for the nearest row that is misclassified, toward each likely
// class in turn.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/fab",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Croce, Hein: Minimally Distorted Adversarial Examples with a Fast Adaptive Boundary Attack, ICML 2020, arXiv:1907.02044, " +
		"algorithm 1 in its targeted form",
	Steps: defaultSteps,
	Run:   run,
}

const (
	defaultSteps = 100
	maxTargets   = 9
	most         = 0.1  // of the way back toward the row, in one step
	beyond       = 1.05 // of the way to the boundary
	back         = 0.9  // of the way from the row, once the class is another

	// Rows are worked on together as long as one value of each of them takes
	// no more numbers than this.
	maxTogether = 1 << 22
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, near: evasion.NewNearest(tr), steps: cmp.Or(tr.Budget.Steps, defaultSteps)}
	var err error
	if s.clean, err = model.Predict(ctx, tr.Batch); err != nil {
		return evasion.Result{}, err
	}
	all := make([]int, tr.Batch.Rows())
	for i := range all {
		all[i] = i
	}
	for rank := range min(model.Spec().Classes-1, maxTargets) {
		for rows := range slices.Chunk(all, max(1, maxTogether/tr.Batch.Dim)) {
			if err := s.toward(ctx, rank, rows); err != nil {
				return evasion.Result{}, fmt.Errorf("class %d by its logit: %w", rank+2, err)
			}
		}
	}
	return s.near.Result(ctx)
}

// A search is one run of the attack.
type search struct {
	tr    *evasion.Trial
	model ml.Model
	clean []float32 // logits of the rows as they are
	near  *evasion.Nearest
	steps int
}

// toward walks from every one of rows to the boundary with its class of the
// given rank, and along it.
func (s *search) toward(ctx context.Context, rank int, rows []int) error {
	x := s.tr.Batch.Pick(rows)
	grad, lead, fell := make([]float32, len(x.X)), make([]float64, len(rows)), make([]bool, len(rows))
	for step := range s.steps {
		err := s.model.VJP(ctx, x, func(r int, z, dz []float32) {
			k, y := len(z), int(x.Y[r])
			own := s.clean[rows[r]*k : (rows[r]+1)*k]
			lead[r] = ml.Toward(z, y, ml.Runner(own, y, rank), dz)
			fell[r] = ml.Argmax(z) != y
		}, grad)
		if err != nil {
			return err
		}
		for r, row := range rows {
			at, center, w := x.Row(r), s.tr.Batch.Row(row), grad[r*x.Dim:(r+1)*x.Dim]
			if fell[r] {
				s.near.Meet(row, at)
				lead[r] += retreat(at, center, w)
			}
			s.walk(at, center, w, lead[r])
		}
		if step == 1 { // straight to the boundary: often the nearest, if the overshoot is taken back
			if err := s.near.Refine(ctx); err != nil {
				return err
			}
		}
	}
	fooled, err := evasion.Fooled(ctx, s.model, x)
	for r, f := range fooled {
		if f {
			s.near.Meet(rows[r], x.Row(r))
		}
	}
	return err
}

// retreat moves at some of the way back to center, and returns by how much what
// has gradient w grows.
func retreat(at, center, w []float32) float64 {
	var gain float64
	for i, c := range center {
		to := c + back*(at[i]-c)
		gain += float64(w[i]) * (float64(to) - float64(at[i]))
		at[i] = to
	}
	return gain
}

// walk goes to where the boundary seems to be, seen from where it is, and a
// little toward where it seems to be seen from center.
func (s *search) walk(at, center, w []float32, lead float64) {
	from, home := slices.Clone(at), slices.Clone(center)
	gap := -lead
	for i, v := range w {
		gap += float64(v) * (float64(at[i]) - float64(center[i]))
	}
	near := s.tr.Ball.Lean(from, w, -lead)
	far := s.tr.Ball.Lean(home, w, gap)
	share := most
	if sum := near + far; sum > 0 && near/sum < most {
		share = near / sum
	}
	for i := range at {
		a := float64(at[i]) + beyond*(float64(from[i])-float64(at[i]))
		b := float64(center[i]) + beyond*(float64(home[i])-float64(center[i]))
		at[i] = min(max(float32((1-share)*a+share*b), s.tr.Ball.Low[i]), s.tr.Ball.High[i])
	}
}
