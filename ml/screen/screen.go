// Package screen looks for poison in training data and for backdoors in the
// models that were trained on it.
//
// What is looked for in the data needs no model of the user's: patterns of
// values whose rows look like other classes than they are labeled as
// ([Triggers]), rows whose neighbors disagree with their label ([Disagree]),
// labels that a classifier trained on the other rows finds wrong
// ([Mislabeled]). [Spectral] and [Cluster] look at the activations that rows
// cause in a model, [Reverse] and [Blend] at the model itself.
//
// All functions are deterministic: same rows and seed, same answer.
package screen

import (
	"slices"

	"quintain/ml"
)

// Unit returns the rows of b with all features between 0 and 1; constant ones
// become 0. A scale by variance would let features that hardly vary, such as
// the corner of a picture, outweigh all others.
func Unit(b ml.Batch) ml.Batch {
	out := ml.Batch{X: make([]float32, len(b.X)), Dim: b.Dim, Y: b.Y}
	low, high := b.Ranges()
	for i, v := range b.X {
		if j := i % b.Dim; low[j] < high[j] {
			out.X[i] = (v - low[j]) / (high[j] - low[j])
		}
	}
	return out
}

// classes returns the number of classes of b.
func classes(b ml.Batch) int {
	if len(b.Y) == 0 {
		return 0
	}
	return int(slices.Max(b.Y)) + 1
}

// of lists the rows of b that have label y.
func of(b ml.Batch, y int32) []int {
	var out []int
	for i, l := range b.Y {
		if l == y {
			out = append(out, i)
		}
	}
	return out
}
