package evasion

import (
	"context"

	"quintain/ml"
)

// A Runner is a net that runs elsewhere than in package graph, such as in a
// library that is faster.
type Runner interface {
	ml.Model

	// SelfCheck holds the runner against the net, and the net against itself, as
	// [quintain/ml/graph.Net.SelfCheck] does and with the same errors. Nothing
	// is concluded if it fails.
	SelfCheck(ctx context.Context, x ml.Batch, scale []float32, seed uint64) error

	// About says in one sentence what runs the net, with its version, and how
	// far its answers are from those of the net. It stands in the evidence.
	About() string

	// Close gives back what the runner holds.
	Close()
}
