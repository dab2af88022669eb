// Package advtrain is adversarial training.
package advtrain

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
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
	if err := tr.Followable(); err != nil {
		return nil, err
	}
	g, err := tr.Fit(ctx, tr.Rows, train.Options{
		Perturb: func(ctx context.Context, net *graph.Net, b ml.Batch, rng *rand.Rand) error {
			return tr.Ascend(ctx, net, b, rng, func(_ int, z []float32, y int, dz []float32) { ml.CrossEntropy(z, y, dz) })
		},
	})
	if err != nil {
		return nil, err
	}
	s := tr.Settings
	return &defend.Hardened{
		Graph: g,
		Says:  fmt.Sprintf("trained afresh for %d epochs on rows attacked by %d steps within %v of the range of each feature", s.Epochs, s.Steps, s.Eps),
	}, nil
}
