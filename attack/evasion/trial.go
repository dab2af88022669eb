package evasion

import (
	"context"
	"math/rand/v2"

	"quintain/ml"
)

// Rand returns the source of randomness for one start of one row. It depends
// on the seed of the trial, the row and the start, and on nothing else, so
// that neither the order of work nor the company of other rows matters.
func (tr *Trial) Rand(row, start int) *rand.Rand {
	return rand.New(rand.NewPCG(tr.Seed, uint64(row)<<32|uint64(uint32(start))))
}

// Fooled reports for every row of x whether the model misclassifies it. A row
// that makes the model answer something that is no number is misclassified.
func Fooled(ctx context.Context, m ml.Oracle, x ml.Batch) ([]bool, error) {
	z, err := m.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	k := m.Spec().Classes
	out := make([]bool, x.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*k:(i+1)*k]) != int(x.Y[i])
	}
	return out, nil
}
