package lab

import (
	"context"
	"math"

	"quintain/ml"
)

// Probabilities returns the probability, by softmax, that m gives one class for
// every row of b.
func Probabilities(ctx context.Context, m ml.Oracle, b ml.Batch, class int) ([]float64, error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	classes := m.Spec().Classes
	p := make([]float64, b.Rows())
	for i := range p {
		row := z[i*classes : (i+1)*classes]
		var sum float64
		for _, v := range row {
			sum += math.Exp(float64(v) - float64(row[class]))
		}
		p[i] = 1 / sum
	}
	return p, nil
}
