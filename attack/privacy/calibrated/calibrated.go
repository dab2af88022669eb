// Package calibrated compares the loss with that of models without the row.
package calibrated

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
)

//go:embed calibrated.md
var doc string

// Attack takes rows for members whose loss is small for this model, not for all.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/calibrated",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Watson, Guo, Cormode, Sablayrolles: On the Importance of Difficulty Calibration in Membership Inference Attacks, ICLR 2022, arXiv:2111.08440",
	Shadows:  true,
	Variants: []privacy.Variant{{Name: "calibrated loss", Score: run}},
}

func run(_ context.Context, c *privacy.Case) ([]float64, error) {
	return score.Calibrated(c.Odds, c.Shadows), nil
}
