package graph

import (
	"context"
	"fmt"
	"math"

	"quintain/ml"
	"quintain/ml/kernel"
)

// mixedStep is how far weights are moved for a difference, as a length (Liu,
// Simonyan and Yang 2019): far enough for single precision, and near enough
// that few units of a usual net bend on the way.
const mixedStep = 0.01

// MixedGrad writes to dx, which has the length of x.X, the gradient with
// respect to x of the inner product of v and the gradient that
// [Net.ParamGrad] gives: how to change rows so that the step that training
// takes on them turns toward v (Geiping et al. 2021). V has one slice for each
// of [Net.Params].
//
// It is the central difference of two input gradients, at weights moved along
// v and against it, so seed is called twice for every row, and kinks of the
// net blur it. The weights are then what they were, to the last bit. As with
// other changes of weights nothing else may run meanwhile.
func (n *Net) MixedGrad(ctx context.Context, x ml.Batch, seed ml.Seed, v [][]float32, dx []float32) error {
	if err := n.fits(v); err != nil {
		return err
	}
	if len(dx) != len(x.X) {
		return fmt.Errorf("room for %d gradients of %d values", len(dx), len(x.X))
	}
	var sum float64
	for _, part := range v {
		sum += kernel.Square(part)
	}
	length := math.Sqrt(sum)
	if clear(dx); length == 0 {
		return nil
	}
	if math.IsNaN(length) || math.IsInf(length, 0) {
		return fmt.Errorf("a direction of length %v, want a number", length)
	}
	params := n.Params()
	home := make([][]float32, len(params))
	for i, p := range params {
		home[i] = append(home[i], p.Value...)
		defer copy(p.Value, home[i])
	}
	by := mixedStep / length
	before := make([]float32, len(dx))
	for _, side := range []struct {
		by  float64
		out []float32
	}{{by, dx}, {-by, before}} {
		for i, p := range params {
			for k, w := range home[i] {
				p.Value[k] = w + float32(side.by*float64(v[i][k]))
			}
		}
		if err := n.VJP(ctx, x, seed, side.out); err != nil {
			return err
		}
	}
	for i, b := range before {
		dx[i] = float32((float64(dx[i]) - float64(b)) / (2 * by))
	}
	return nil
}
