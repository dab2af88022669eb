package ort

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/ml"
)

// What [Model.SelfCheck] demands.
const (
	MaxError  = 1e-5   // of logits, in units of the largest of the row, or of 1
	MinCosine = 0.9999 // between gradients

	checkPoints = 8
)

// An agreement is how far answers are from those of package graph, at worst.
type agreement struct {
	checked       bool
	logit, cosine float64
}

// SelfCheck holds the net against itself, as [graph.Net.SelfCheck] does, and
// then the library against the net, near rows of x: logits by [MaxError],
// gradients of random sums of logits by [MinCosine], and every row alone against
// the same row among others, to the last bit. Scale says how far each feature
// ranges. The error wraps [ml.ErrSelfCheck], unless ctx ended, or all is well
// but there are no gradients; it then wraps [ml.ErrNoGradient].
func (m *Model) SelfCheck(ctx context.Context, x ml.Batch, scale []float32, seed uint64) error {
	blind := m.net.SelfCheck(ctx, x, scale, seed)
	if blind != nil && !errors.Is(blind, ml.ErrNoGradient) {
		return blind
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	points := ml.Batch{Dim: x.Dim}
	for range checkPoints {
		for i, v := range x.Row(rng.IntN(x.Rows())) {
			points.X = append(points.X, v+(rng.Float32()-0.5)*0.02*scale[i])
		}
	}
	a := agreement{checked: true, cosine: 1}
	err := m.compareLogits(ctx, points, &a)
	if err == nil && blind == nil {
		err = m.compareGradients(ctx, points, rng, &a)
	}
	m.agree = a
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w: %s: %w", ml.ErrSelfCheck, m.e.Name(), err)
	}
	return blind
}

// About says what runs the model, and how far its answers are from those of
// package graph if that was measured.
func (m *Model) About() string {
	if !m.agree.checked {
		return m.e.Name()
	}
	says := fmt.Sprintf("%s: beside our own engine, logits differ by %.2g of the largest at most", m.e.Name(), m.agree.logit)
	if m.back != nil {
		says += fmt.Sprintf(", and the smallest cosine between gradients is %.6f", m.agree.cosine)
	}
	return says
}

func (m *Model) compareLogits(ctx context.Context, points ml.Batch, a *agreement) error {
	got, err := m.Predict(ctx, points)
	if err != nil {
		return err
	}
	want, err := m.net.Predict(ctx, points)
	if err != nil {
		return err
	}
	k := m.spec.Classes
	for i := range points.Rows() {
		row := got[i*k : (i+1)*k]
		one, err := m.Predict(ctx, points.Pick([]int{i}))
		if err != nil {
			return err
		}
		if !slices.Equal(one, row) {
			return errors.New("what the model says of a row depends on the rows beside it")
		}
		worst, top := 0.0, 1.0
		for j, v := range want[i*k : (i+1)*k] {
			worst = max(worst, math.Abs(float64(v)-float64(row[j])))
			top = max(top, math.Abs(float64(v)))
		}
		a.logit = max(a.logit, worst/top)
	}
	if !(a.logit <= MaxError) {
		return fmt.Errorf("logits are off by %.2g of the largest, more than %g", a.logit, MaxError)
	}
	return nil
}

func (m *Model) compareGradients(ctx context.Context, points ml.Batch, rng *rand.Rand, a *agreement) error {
	k := m.spec.Classes
	weights := make([]float32, points.Rows()*k)
	for i := range weights {
		weights[i] = float32(2*rng.IntN(2) - 1)
	}
	seed := func(row int, _, dz []float32) { copy(dz, weights[row*k:(row+1)*k]) }
	got, want := make([]float32, len(points.X)), make([]float32, len(points.X))
	if err := errors.Join(m.VJP(ctx, points, seed, got), m.net.VJP(ctx, points, seed, want)); err != nil {
		return err
	}
	for i := range points.Rows() {
		p, q := got[i*points.Dim:(i+1)*points.Dim], want[i*points.Dim:(i+1)*points.Dim]
		a.cosine = min(a.cosine, cosine(p, q))
	}
	if !(a.cosine >= MinCosine) {
		return fmt.Errorf("the cosine between gradients is %.6f, less than %v", a.cosine, MinCosine)
	}
	return nil
}

// cosine returns that of the angle between a and b, and 1 if both are zero.
func cosine(a, b []float32) float64 {
	var dot, p, q float64
	for i, v := range a {
		dot += float64(v) * float64(b[i])
		p += float64(v) * float64(v)
		q += float64(b[i]) * float64(b[i])
	}
	if p == 0 && q == 0 {
		return 1
	}
	return dot / math.Sqrt(p*q)
}
