package score

import (
	"math"
	"slices"
)

// A Quantile predicts, for a row that a model was not trained on, the value that
// its log odds stay below with a given probability.
type Quantile struct {
	at    float64 // the probability
	mean  []float64
	scale []float64
	w     []float64 // the last is the constant
}

// FitQuantile fits a linear quantile regression (Koenker & Bassett 1978) of the
// log odds of rows that are no members on their features (Bertran et al. 2023
// for its use). The rows, of at least one feature, are as many as there are
// odds. It minimizes the pinball loss, with a little ridge, by averaged
// subgradient steps: the same data give the same weights.
func FitQuantile(rows [][]float64, odds []float64, at float64) *Quantile {
	d := len(rows[0])
	q := &Quantile{at: at, mean: make([]float64, d), scale: make([]float64, d), w: make([]float64, d+1)}
	n := float64(len(rows))
	for k := range d {
		var s, squares float64
		for _, x := range rows {
			s += x[k] / n
		}
		for _, x := range rows {
			squares += (x[k] - s) * (x[k] - s) / n
		}
		q.mean[k], q.scale[k] = s, math.Sqrt(squares)
	}
	sorted := slices.Sorted(slices.Values(odds))
	start := sorted[min(len(sorted)-1, int(at*n))]
	spread := sorted[len(sorted)*3/4] - sorted[len(sorted)/4]
	q.w[d] = start
	const steps, ridge = 400, 0.01
	sum := make([]float64, d+1)
	grad := make([]float64, d+1)
	for t := range steps {
		clear(grad)
		for i, x := range rows {
			g := -at
			if odds[i] < q.Predict(x) {
				g = 1 - at
			}
			for k := range d {
				grad[k] += g * q.scaled(x, k) / n
			}
			grad[d] += g / n
		}
		rate := spread / math.Sqrt(float64(t)+1)
		for k := range grad {
			if k < d {
				grad[k] += ridge * q.w[k] / max(spread, 1e-9)
			}
			q.w[k] -= rate * grad[k]
			if t >= steps/2 {
				sum[k] += q.w[k] / (steps / 2)
			}
		}
	}
	q.w = sum
	return q
}

func (q *Quantile) scaled(x []float64, k int) float64 {
	if q.scale[k] == 0 {
		return 0
	}
	return (x[k] - q.mean[k]) / q.scale[k]
}

// Predict returns the value for a row.
func (q *Quantile) Predict(x []float64) float64 {
	d := len(q.mean)
	s := q.w[d]
	for k := range d {
		s += q.w[k] * q.scaled(x, k)
	}
	return s
}
