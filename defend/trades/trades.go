// Package trades is adversarial training that trades accuracy for smoothness
// openly.
package trades

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

//go:embed trades.md
var doc string

// Defense trains the model on the rows as they are, and to say the same of rows
// near them.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/trades",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Zhang, Yu, Jiao, Xing, El Ghaoui, Jordan: Theoretically Principled Trade-off between Robustness and Accuracy, ICML 2019, arXiv:1901.08573",
	Against: []string{"attack/evasion"},
	Harden:  harden,
}

// The attacker inside moves rows to where the model says something else than of
// the rows as they are, whatever their labels.
func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	return tr.Robust(ctx, tr.Settings.Beta, func(ctx context.Context, net *graph.Net, b ml.Batch) (defend.Slope, error) {
		k := tr.Classes
		p, err := net.Predict(ctx, b)
		if err != nil {
			return nil, err
		}
		for i := range b.Rows() {
			z := p[i*k : (i+1)*k]
			train.Softmax(append([]float32(nil), z...), z)
		}
		return func(i int, z []float32, _ int, dz []float32) { train.Toward(z, p[i*k:(i+1)*k], dz) }, nil
	})
}
