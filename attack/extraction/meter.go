package extraction

import (
	"context"
	"fmt"
	"sync/atomic"

	"quintain/ml"
)

// A meter is a victim that tells no more than it should and counts.
type meter struct {
	ml.Oracle
	answers Answers
	budget  int64
	asked   atomic.Int64
}

// Predict implements [ml.Oracle].
func (m *meter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	if n := int64(x.Rows()); m.asked.Add(n) > m.budget {
		m.asked.Add(-n)
		return nil, fmt.Errorf("%w: %d rows more, of %d", ErrBudget, n, m.budget)
	}
	z, err := m.Oracle.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	k := m.Spec().Classes
	for i := range x.Rows() {
		m.answers.Harden(z[i*k : (i+1)*k])
	}
	return z, nil
}
