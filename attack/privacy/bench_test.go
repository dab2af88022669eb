package privacy

import (
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"quintain/attack/privacy/score"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

// BenchmarkDigits trains 64 networks of 64, 128, 64 and 10 units on halves of
// the handwritten digits and lets 16 of them be attacked with 16 others for
// company. Published for this world are areas of 0.525 ± 0.014 by the loss,
// 0.582 ± 0.016 by LiRA online and 0.592 ± 0.011 by RMIA with a = 0.3, and 4.44
// and 4.49 of 100 members found by these where one of 100 others is accused.
func BenchmarkDigits(b *testing.B) {
	const models, targets, company = 64, 16, 16
	rows := datasets.Digits()
	rng := rand.New(rand.NewPCG(7, 7))
	f := func(ctx context.Context, x ml.Batch, seed uint64) (*graph.Net, error) {
		g, err := train.Fit(ctx, train.MLP([]int{64, 128, 64, 10}, seed), x, train.Options{Epochs: 100, Batch: 32, Seed: seed, Workers: 1})
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	}
	for b.Loop() {
		s, err := trainShadows(b.Context(), f, rows, ml.Batch{Dim: 64}, 0.5, models, rng.Uint64())
		if err != nil {
			b.Fatal(err)
		}
		others := &score.Shadows{Odds: s.Odds[targets : targets+company], In: s.In[targets : targets+company]}
		for name, attack := range map[string]func(odds []float64) []float64{
			"loss": func(odds []float64) []float64 { return odds },
			"lira": func(odds []float64) []float64 { return score.LiRA(odds, others, true, score.Global) },
			"rmia": func(odds []float64) []float64 { return score.RMIA(odds, others, 0.3, 1, nil) },
		} {
			var area, rate float64
			for j := range targets {
				role := subject{in: s.In[j]}
				r, err := stats.NewROC(role.sides(attack(s.Odds[j]), nil))
				if err != nil {
					b.Fatal(err)
				}
				o, err := r.At(0.01)
				if err != nil {
					b.Fatal(err)
				}
				area += r.AUC() / targets
				rate += 100 * o.Rate() / targets
			}
			b.ReportMetric(area, name+"-area")
			b.ReportMetric(rate, name+"-tpr@1%")
		}
		b.ReportMetric(100*s.unseen, "accuracy%")
	}
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "processors")
}
