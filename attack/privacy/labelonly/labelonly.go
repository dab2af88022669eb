// Package labelonly tells members by how far their label reaches.
package labelonly

import (
	"context"
	_ "embed"
	"math"
	"math/rand/v2"

	"quintain"
	"quintain/attack/privacy"
	"quintain/ml"
)

//go:embed labelonly.md
var doc string

// Attack takes rows for members whose label survives much noise.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/labelonly",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Choquette-Choo, Tramer, Carlini, Papernot: Label-Only Membership Inference Attacks, ICML 2021, arXiv:2007.14321, with Gaussian noise for augmentation",
	Queries:  true,
	Variants: []privacy.Variant{{Name: "noisy copies", Score: run}},
}

// sizes are standard deviations of the noise in units of each feature's own.
var sizes = []float64{0.05, 0.1, 0.2, 0.4, 0.8, 1.6}

const copies = 10 // at each size

func run(ctx context.Context, c *privacy.Case) ([]float64, error) {
	spread := deviations(c.Rows)
	out := make([]float64, len(c.Odds))
	k := c.Model.Spec().Classes
	for i := range out {
		if !c.Right[i] {
			continue // whatever the noise
		}
		rng := rand.New(rand.NewPCG(c.Seed, uint64(i)))
		b := ml.Batch{Dim: c.Rows.Dim}
		for _, size := range sizes {
			for range copies {
				for j, v := range c.Rows.Row(i) {
					b.X = append(b.X, v+float32(size*spread[j]*rng.NormFloat64()))
				}
			}
		}
		z, err := c.Model.Predict(ctx, b)
		if err != nil {
			return nil, err
		}
		out[i] = 1
		for n := range b.Rows() {
			if ml.Argmax(z[n*k:(n+1)*k]) == int(c.Labels[i]) {
				out[i]++
			}
		}
	}
	return out, nil
}

// deviations returns the standard deviation of each feature.
func deviations(b ml.Batch) []float64 {
	mean, squares := make([]float64, b.Dim), make([]float64, b.Dim)
	n := float64(b.Rows())
	for i := range b.Rows() {
		for k, v := range b.Row(i) {
			mean[k] += float64(v) / n
		}
	}
	for i := range b.Rows() {
		for k, v := range b.Row(i) {
			d := float64(v) - mean[k]
			squares[k] += d * d / n
		}
	}
	for k := range squares {
		squares[k] = math.Sqrt(squares[k])
	}
	return squares
}
