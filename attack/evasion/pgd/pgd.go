// Package pgd is projected gradient descent from several starts.
package pgd

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed pgd.md
var doc string

// Attack follows the gradient in small steps from the row itself and from
// random rows of the ball, away from the label and toward each likely class.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/pgd",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Madry, Makelov, Schmidt, Tsipras, Vladu: Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018, arXiv:1706.06083; " +
		"its targeted starts from Gowal, Uesato, Qin, Huang, Mann, Kohli: An Alternative Surrogate Loss for PGD-based Adversarial Testing, 2019, arXiv:1910.09338",
	Steps: defaultSteps,
	Run:   run,
}

const (
	defaultSteps = 40
	maxTargets   = 9

	// The steps of one start add up to this many radii. From any row of the
	// ball two are enough to reach any other.
	travel = 2.5
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	s := &search{tr: tr, model: model, adv: tr.Batch.Clone(), steps: cmp.Or(tr.Budget.Steps, defaultSteps)}
	var err error
	if s.clean, err = model.Predict(ctx, tr.Batch); err != nil {
		return evasion.Result{}, err
	}
	for i := range tr.Batch.Rows() {
		s.standing = append(s.standing, i)
	}
	// The row itself, a random start, and a random start toward each target.
	for start := range 2 + min(model.Spec().Classes-1, maxTargets) {
		if err := s.from(ctx, start); err != nil {
			return evasion.Result{}, fmt.Errorf("start %d: %w", start, err)
		}
	}
	return evasion.Result{Adv: s.adv}, nil
}

// A search is one run of the attack.
type search struct {
	tr       *evasion.Trial
	model    ml.Model
	steps    int
	clean    []float32 // logits of the rows as they are
	adv      ml.Batch
	standing []int // rows that are still classified correctly
}

// from takes all steps of one start with the rows that still stand.
func (s *search) from(ctx context.Context, start int) error {
	for _, i := range s.standing {
		copy(s.adv.Row(i), s.tr.Batch.Row(i))
		if start > 0 {
			s.tr.Ball.Scatter(s.adv.Row(i), s.tr.Batch.Row(i), s.tr.Rand(i, start))
		}
	}
	for range s.steps {
		if err := s.step(ctx, start); err != nil {
			return err
		}
	}
	return s.drop(ctx)
}

// step moves the rows that still stand once.
func (s *search) step(ctx context.Context, start int) error {
	if len(s.standing) == 0 {
		return nil
	}
	x := s.adv.Pick(s.standing)
	grad, fell := make([]float32, len(x.X)), make([]bool, x.Rows())
	err := s.model.VJP(ctx, x, func(r int, z, dz []float32) {
		y := int(x.Y[r])
		fell[r] = ml.Argmax(z) != y
		if start < 2 {
			ml.CrossEntropy(z, y, dz)
			return
		}
		k := len(z)
		own := s.clean[s.standing[r]*k:]
		ml.Toward(z, y, ml.Runner(own[:k], y, start-2), dz)
	}, grad)
	if err != nil {
		return err
	}
	still := s.standing[:0]
	for r, i := range s.standing {
		if fell[r] {
			continue
		}
		s.tr.Ball.Step(s.adv.Row(i), grad[r*x.Dim:(r+1)*x.Dim], s.tr.Batch.Row(i), travel/float32(s.steps))
		still = append(still, i)
	}
	s.standing = still
	return nil
}

// drop forgets the rows that the last step turned.
func (s *search) drop(ctx context.Context) error {
	fell, err := evasion.Fooled(ctx, s.model, s.adv.Pick(s.standing))
	if err != nil {
		return err
	}
	still := s.standing[:0]
	for r, i := range s.standing {
		if !fell[r] {
			still = append(still, i)
		}
	}
	s.standing = still
	return nil
}
