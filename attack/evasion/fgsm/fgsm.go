// Package fgsm is the fast gradient sign method: one step as far as allowed.
package fgsm

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed fgsm.md
var doc string

// Attack moves every feature as far as it may go along the sign of the
// gradient of the cross-entropy, once.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/fgsm",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Goodfellow, Shlens, Szegedy: Explaining and Harnessing Adversarial Examples, ICLR 2015, arXiv:1412.6572, section 4",
	Run:   run,
}

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	b := tr.Batch
	grad := make([]float32, len(b.X))
	if _, _, err := ml.LossGrad(ctx, model, b, ml.CrossEntropy, grad); err != nil {
		return evasion.Result{}, err
	}
	adv := b.Clone()
	for i := range adv.Rows() {
		tr.Ball.Step(adv.Row(i), grad[i*b.Dim:(i+1)*b.Dim], b.Row(i), 1)
	}
	return evasion.Result{Adv: adv}, nil
}
