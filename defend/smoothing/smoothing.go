// Package smoothing is randomized smoothing.
package smoothing

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/bound"
	"quintain/ml/graph"
	"quintain/ml/train"
)

//go:embed smoothing.md
var doc string

// Defense trains the model on noisy rows and lets it answer what it says of a
// row with noise on average.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/smoothing",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Cohen, Rosenfeld, Kolter: Certified Adversarial Robustness via Randomized Smoothing, ICML 2019, arXiv:1902.02918",
	Against: []string{"attack/evasion"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	if err := tr.Followable(); err != nil {
		return nil, err
	}
	s := tr.Settings
	scale := make([]float32, tr.Rows.Dim)
	for j := range scale {
		scale[j] = float32(s.Sigma) * (tr.High[j] - tr.Low[j])
	}
	g, err := tr.Fit(ctx, tr.Rows, train.Options{Perturb: func(_ context.Context, _ *graph.Net, b ml.Batch, rng *rand.Rand) error {
		for i := range b.Rows() {
			blur(b.Row(i), scale, rng)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, err
	}
	var proof []quintain.Evidence
	if !tr.Stale {
		ev, err := certificate(ctx, net, scale, tr)
		if err != nil {
			return nil, err
		}
		proof = append(proof, ev)
	}
	return &defend.Hardened{
		Graph: g, Model: &smoothed{net, scale, s.Draws, tr.Seed}, Seen: &expected{net, drawn(scale, s.Draws, tr.Seed+1), scale},
		Evidence: proof,
		Says: fmt.Sprintf("trained afresh for %d epochs on rows with noise of deviation %v, and answering by the mean over %d draws of such noise, which are fixed for each row",
			s.Epochs, s.Sigma, s.Draws),
		Policy: (&defend.Policy{Defense: "smoothing", Sigma: s.Sigma, Draws: s.Draws}).Write(
			"Ask the model beside this file about draws noisy copies of each row, and answer the mean.\nSigma is in units of the range of each feature in the training rows."),
	}, nil
}

func blur(row, scale []float32, rng *rand.Rand) {
	for j := range row {
		row[j] += float32(rng.NormFloat64()) * scale[j]
	}
}

// drawn returns n draws of noise.
func drawn(scale []float32, n int, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, 11))
	out := ml.Batch{X: make([]float32, n*len(scale)), Dim: len(scale)}
	for i := range n {
		blur(out.Row(i), scale, rng)
	}
	return out
}

// How many rows are certified, and by how many draws for each.
const (
	certified = 100
	choosing  = 100
	counting  = 2000
	alpha     = 0.001
)

// certificate counts the rows whose answer no change can alter that is shorter
// than a radius, for the smoothed model with as many draws as it takes.
func certificate(ctx context.Context, net *graph.Net, scale []float32, tr *defend.Trial) (quintain.Evidence, error) {
	n, k, held := min(certified, tr.Test.Rows()), tr.Classes, 0
	for i := range n {
		row, rng := tr.Test.Row(i), rand.New(rand.NewPCG(tr.Seed, uint64(i)+1<<32))
		class, _, err := poll(ctx, net, row, scale, choosing, k, -1, rng)
		if err != nil {
			return quintain.Evidence{}, err
		}
		_, hits, err := poll(ctx, net, row, scale, counting, k, class, rng)
		if err != nil {
			return quintain.Evidence{}, err
		}
		if class == int(tr.Test.Y[i]) && bound.Smoothed(hits, counting, alpha)*tr.Settings.Sigma >= tr.Settings.Eps {
			held++
		}
	}
	m := defend.Share("certified accuracy", held, n, tr.Seed)
	return quintain.Evidence{
		Summary: fmt.Sprintf("rows classified correctly within an l2 distance of %v, in units of the range of each feature, by the vote over all noise (%d draws a row, each right with probability %v)",
			tr.Settings.Eps, counting, 1-alpha),
		Measure: &m,
	}, nil
}

// poll asks about n noisy copies of a row, and returns the class most often
// answered, or that given if it is not negative, with the times it was.
func poll(ctx context.Context, m ml.Oracle, row, scale []float32, n, k, class int, rng *rand.Rand) (got, hits int, err error) {
	b := ml.Batch{Dim: len(row)}
	for i := range n {
		b.X = append(b.X, row...)
		blur(b.Row(i), scale, rng)
	}
	z, err := m.Predict(ctx, b)
	if err != nil {
		return 0, 0, err
	}
	votes := make([]int, k)
	for i := range n {
		if y := ml.Argmax(z[i*k : (i+1)*k]); y >= 0 {
			votes[y]++
		}
	}
	if class < 0 {
		class = 0
		for y, v := range votes {
			if v > votes[class] {
				class = y
			}
		}
	}
	return class, votes[class], nil
}
