package ml

import (
	"context"
	"fmt"
	"math"
)

// A Loss is what an attacker increases. It is given the logits z of one row
// and its label y, sets dz to the gradient with respect to z, and returns the
// loss. It is larger the worse the model does on the row.
type Loss func(z []float32, y int, dz []float32) float64

// CrossEntropy is the cross-entropy up to an increasing function: the log odds
// of all other classes against y. Its gradient points the same way in logit
// space as that of the cross-entropy, but does not vanish when the model is
// sure of itself, so large logits cannot hide the way out.
func CrossEntropy(z []float32, y int, dz []float32) float64 {
	top := math.Inf(-1)
	for j, v := range z {
		if j != y {
			top = math.Max(top, float64(v))
		}
	}
	var sum float64
	for j, v := range z {
		if j != y {
			sum += math.Exp(float64(v) - top)
		}
	}
	for j, v := range z {
		dz[j] = float32(math.Exp(float64(v)-top) / sum)
	}
	dz[y] = -1
	return top + math.Log(sum) - float64(z[y])
}

// Margin is the logit of the best other class less that of y. It is positive
// if and only if the row is misclassified.
func Margin(z []float32, y int, dz []float32) float64 {
	return Toward(z, y, Runner(z, y, 0), dz)
}

// Toward is the logit of target less that of y.
func Toward(z []float32, y, target int, dz []float32) float64 {
	dz[target], dz[y] = 1, -1
	return float64(z[target]) - float64(z[y])
}

// Runner returns the class other than y that has the rank-th largest logit,
// counted from 0; of equals, the first comes first. There must be that many.
func Runner(z []float32, y, rank int) int {
	for j := range z {
		if j == y {
			continue
		}
		before := 0
		for i, v := range z {
			if i != y && (v > z[j] || v == z[j] && i < j) {
				before++
			}
		}
		if before == rank {
			return j
		}
	}
	return (y + 1) % len(z) // logits that are no numbers have no order
}

// LossGrad runs the labeled batch b through m. It writes the gradient of every
// row's loss with respect to that row to dx, and returns the losses and the
// logits.
func LossGrad(ctx context.Context, m Model, b Batch, l Loss, dx []float32) (loss []float64, z []float32, err error) {
	k := m.Spec().Classes
	if len(b.Y) != b.Rows() {
		return nil, nil, fmt.Errorf("%d labels for %d rows", len(b.Y), b.Rows())
	}
	loss, z = make([]float64, b.Rows()), make([]float32, b.Rows()*k)
	err = m.VJP(ctx, b, func(row int, zr, dz []float32) {
		copy(z[row*k:], zr)
		loss[row] = l(zr, int(b.Y[row]), dz)
	}, dx)
	return loss, z, err
}
