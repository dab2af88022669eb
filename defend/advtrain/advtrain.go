// Package advtrain is adversarial training.
package advtrain

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
)

//go:embed advtrain.md
var doc string

// Defense trains the model on rows that are attacked before every step.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/advtrain",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Madry, Makelov, Schmidt, Tsipras, Vladu: Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018, arXiv:1706.06083",
	Against: []string{"attack/evasion"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	return tr.Robust(ctx, 0, func(context.Context, *graph.Net, ml.Batch) (defend.Slope, error) {
		return func(_ int, z []float32, y int, dz []float32) { ml.CrossEntropy(z, y, dz) }, nil
	})
}
