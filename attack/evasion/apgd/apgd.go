// Package apgd is projected gradient descent that finds its own step size.
package apgd

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

//go:embed apgd.md
var doc string

// Attack climbs the cross-entropy, and then toward each likely class, with
// momentum and a step that is halved when climbing stalls.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/apgd",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Croce, Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks, ICML 2020, arXiv:2003.01690, sections 3 and 4",
	Run:   run,
}

const (
	defaultSteps = 100
	maxTargets   = 9
	blind        = 2 // starts up the cross-entropy: from the row itself, and from a random row of the ball

	// Rows are worked on together as long as one value of each of them takes
	// no more numbers than this.
	maxTogether = 1 << 22
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, adv: tr.Batch.Clone(), checkpoints: checkpoints(cmp.Or(tr.Budget.Steps, defaultSteps))}
	var err error
	if s.clean, err = model.Predict(ctx, tr.Batch); err != nil {
		return evasion.Result{}, err
	}
	standing := make([]int, tr.Batch.Rows())
	for i := range standing {
		standing[i] = i
	}
	for start := range blind + min(model.Spec().Classes-1, maxTargets) {
		var still []int
		for rows := range slices.Chunk(standing, max(1, maxTogether/tr.Batch.Dim)) {
			left, err := s.from(ctx, start, rows)
			if err != nil {
				return evasion.Result{}, fmt.Errorf("start %d: %w", start, err)
			}
			still = append(still, left...)
		}
		standing = still
	}
	return evasion.Result{Adv: s.adv}, nil
}

// A search is one run of the attack.
type search struct {
	tr          *evasion.Trial
	model       ml.Model
	clean       []float32 // logits of the rows as they are
	adv         ml.Batch
	checkpoints []int // steps after which climbers look back, ascending; the last is the last step
}

// checkpoints returns the steps after which to look back: 22% of all at
// first, then ever more often, but never more often than every 6%.
func checkpoints(steps int) []int {
	var out []int
	before, at := 0.0, 0.22
	for at < 1 {
		if n := int(at*float64(steps) + 0.999); len(out) == 0 || n > out[len(out)-1] {
			out = append(out, n)
		}
		before, at = at, at+max(at-before-0.03, 0.06)
	}
	if len(out) == 0 || out[len(out)-1] < steps {
		out = append(out, steps)
	}
	return out
}

// from climbs once from every one of rows, and returns those that still stand.
func (s *search) from(ctx context.Context, start int, rows []int) ([]int, error) {
	climbers := make([]*climber, len(rows))
	for i, row := range rows {
		climbers[i] = newClimber(s.tr, row, start)
	}
	climbers, err := s.look(ctx, climbers, start)
	if err != nil {
		return nil, err
	}
	for _, c := range climbers {
		c.begin()
	}
	last := 0
	for step := 1; step <= s.checkpoints[len(s.checkpoints)-1] && len(climbers) > 0; step++ {
		for _, c := range climbers {
			c.move(s.tr.Ball, s.tr.Batch.Row(c.row), step == 1)
		}
		if climbers, err = s.look(ctx, climbers, start); err != nil {
			return nil, err
		}
		check := slices.Contains(s.checkpoints, step)
		for _, c := range climbers {
			c.note()
			if check {
				c.lookBack(step - last)
			}
		}
		if check {
			last = step
		}
	}
	var still []int
	for _, c := range climbers {
		still = append(still, c.row)
	}
	return still, nil
}

// look finds the loss and the gradient where the climbers are, and returns
// those that have not arrived. What one was at is kept.
func (s *search) look(ctx context.Context, climbers []*climber, start int) ([]*climber, error) {
	if len(climbers) == 0 {
		return nil, nil
	}
	x := ml.Batch{Dim: s.tr.Batch.Dim, X: make([]float32, 0, len(climbers)*s.tr.Batch.Dim)}
	for _, c := range climbers {
		x.X = append(x.X, c.x...)
	}
	grad, fell := make([]float32, len(x.X)), make([]bool, len(climbers))
	err := s.model.VJP(ctx, x, func(r int, z, dz []float32) {
		c := climbers[r]
		y := int(s.tr.Batch.Y[c.row])
		fell[r] = ml.Argmax(z) != y
		if start < blind {
			c.loss = ml.CrossEntropy(z, y, dz)
			return
		}
		k := len(z)
		c.loss = ratio(z, y, ml.Runner(s.clean[c.row*k:(c.row+1)*k], y, start-blind), dz)
	}, grad)
	if err != nil {
		return nil, err
	}
	still := climbers[:0]
	for r, c := range climbers {
		copy(s.adv.Row(c.row), c.x)
		copy(c.grad, grad[r*x.Dim:(r+1)*x.Dim])
		if !fell[r] {
			still = append(still, c)
		}
	}
	return still, nil
}
