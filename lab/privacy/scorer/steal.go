package scorer

import (
	"context"
	"fmt"
	"slices"

	"quintain/attack/extraction"
	extractionall "quintain/attack/extraction/all"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// steal trains a copy of an oracle from so many questions.
func steal(ctx context.Context, v ml.Oracle, own ml.Batch, source extraction.Source, answers extraction.Answers, queries int, seed uint64) (*graph.Graph, error) {
	i := slices.IndexFunc(extractionall.Attacks, func(a *extraction.Attack) bool { return a.Name == "attack/extraction/learned" })
	if i < 0 {
		return nil, fmt.Errorf("attack/extraction/learned is not built in")
	}
	low, high := make([]float32, features), make([]float32, features)
	for j := range high {
		high[j] = 1
	}
	c, err := extractionall.Attacks[i].Run(ctx, &extraction.Trial{
		Victim: extraction.Tell(v, answers, seed), Answers: answers, Low: low, High: high, Shape: []int{features}, Classes: 2,
		Rows: own, Source: source, Budget: queries, Seed: seed,
	})
	if err != nil {
		return nil, err
	}
	return c.Graph, nil
}

// marked is a scorer that leans a little along a secret direction.
type marked struct {
	ml.Oracle
	dir      []float64
	strength float64
}

// Predict implements [ml.Oracle].
func (m *marked) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := m.Oracle.Predict(ctx, x)
	if err != nil || m.strength == 0 {
		return z, err
	}
	for i := range x.Rows() {
		z[2*i+1] += float32(m.strength * along(m.dir, x.Row(i)))
	}
	return z, nil
}

// copied trains a copy on what the scorer says of rows.
func (b *bureau) copied(ctx context.Context, api ml.Oracle, rows ml.Batch, answers extraction.Answers, seed uint64) (*graph.Net, error) {
	return compile(steal(ctx, api, rows, extraction.Own, answers, rows.Rows(), seed))
}

// independent trains what a competitor would who asks nobody: the same network
// on outcomes of their own.
func (b *bureau) independent(ctx context.Context, rows ml.Batch, seed uint64) (*graph.Net, error) {
	return compile(train.Fit(ctx, train.MLP([]int{features, 48, 2}, seed), rows, train.Options{Epochs: 20, Rate: 0.005, Seed: seed}))
}
