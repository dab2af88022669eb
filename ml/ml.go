// Package ml is what the rest of the program knows about learned classifiers:
// rows go in, logits come out, and a white-box model also gives gradients.
//
// Package [quintain/ml/onnx] reads models, package [quintain/ml/graph] runs
// them, and package [quintain/ml/data] reads the rows.
package ml

import (
	"context"
	"errors"
	"fmt"
)

// ErrSelfCheck says that the gradients of a model do not agree with its own
// outputs. An attack that follows such gradients would make the model look
// robust, so no white-box verdict may be built on them.
var ErrSelfCheck = errors.New("ml: gradients do not pass the self-check")

// ErrNoGradient says that a model answers, but has no gradients: a forest, for
// instance, is made of steps.
var ErrNoGradient = errors.New("ml: the model has no gradients")

// An Oracle is a classifier of which nothing is seen but its answers. Its
// methods may be called concurrently.
type Oracle interface {
	// Spec says what goes in and what comes out.
	Spec() Spec

	// Predict returns the logits of every row of x, one row after the other.
	// The logits of a row depend on that row only, to the last bit.
	Predict(ctx context.Context, x Batch) ([]float32, error)
}

// A Model is a classifier that gives gradients with respect to its input.
type Model interface {
	Oracle

	// VJP runs x forward, asks seed for the gradient of some loss with
	// respect to the logits, and writes the gradient with respect to the
	// input to dx, which has the length of x.X.
	VJP(ctx context.Context, x Batch, seed Seed, dx []float32) error
}

// A Seed is given the number of a row in its batch and its logits z, and sets
// dz, all zeros at first, to the gradient of a loss with respect to z. It is
// called once for every row, concurrently for different rows.
type Seed func(row int, z, dz []float32)

// A Spec describes a classifier.
type Spec struct {
	Shape      []int  // of one input, without the batch
	Classes    int    // number of logits
	Output     string // what the model gives itself: "logits", "softmax", "log-softmax", "sigmoid"
	Kernel     string // what computes: "avx2" or "scalar"; bits differ between the two
	Parameters int    // number of weights
}

// Dim returns the number of features of one input.
func (s Spec) Dim() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// A Batch is rows of features with their labels.
type Batch struct {
	X   []float32 // one row after the other
	Dim int       // features in a row, at least 1
	Y   []int32   // the class of each row; nil where labels do not matter
}

// Rows returns the number of rows.
func (b Batch) Rows() int { return len(b.X) / b.Dim }

// Row returns row i, which shares memory with b.
func (b Batch) Row(i int) []float32 { return b.X[i*b.Dim : (i+1)*b.Dim : (i+1)*b.Dim] }

// Pick returns a copy of the rows listed in rows, in that order.
func (b Batch) Pick(rows []int) Batch {
	out := Batch{X: make([]float32, 0, len(rows)*b.Dim), Dim: b.Dim}
	for _, i := range rows {
		out.X = append(out.X, b.Row(i)...)
		if b.Y != nil {
			out.Y = append(out.Y, b.Y[i])
		}
	}
	return out
}

// Ranges returns the smallest and the largest value of every feature. There has
// to be a row.
func (b Batch) Ranges() (low, high []float32) {
	low, high = append(low, b.Row(0)...), append(high, b.Row(0)...)
	for i := 1; i < b.Rows(); i++ {
		for j, v := range b.Row(i) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	return low, high
}

// Clone returns a copy.
func (b Batch) Clone() Batch {
	b.X = append([]float32(nil), b.X...)
	b.Y = append([]int32(nil), b.Y...)
	return b
}

// Check reports whether b can be given to a model with specification s.
func (b Batch) Check(s Spec) error {
	switch {
	case b.Dim != s.Dim():
		return fmt.Errorf("rows of %d features for a model that takes %d", b.Dim, s.Dim())
	case b.Dim < 1 || len(b.X)%b.Dim != 0:
		return fmt.Errorf("%d values are no rows of %d features", len(b.X), b.Dim)
	case b.Y != nil && len(b.Y) != b.Rows():
		return fmt.Errorf("%d labels for %d rows", len(b.Y), b.Rows())
	}
	for i, y := range b.Y {
		if y < 0 || int(y) >= s.Classes {
			return fmt.Errorf("row %d has label %d, but the model knows classes 0 to %d", i, y, s.Classes-1)
		}
	}
	return nil
}

// Argmax returns the class with the largest logit, the first of equals. If a
// logit is not a number there is no answer, and Argmax returns -1.
func Argmax(z []float32) int {
	best := 0
	for j, v := range z {
		if v != v { // only NaN differs from itself
			return -1
		}
		if v > z[best] {
			best = j
		}
	}
	return best
}
