package extraction

import (
	"context"
	"fmt"
	"sync/atomic"

	"quintain/ml"
)

// A meter is a victim that counts.
type meter struct {
	Precise
	budget int64
	asked  atomic.Int64
}

// Predict64 implements [Precise].
func (m *meter) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	if n := int64(x.Rows()); m.asked.Add(n) > m.budget {
		m.asked.Add(-n)
		return nil, fmt.Errorf("%w: %d rows more, of %d", ErrBudget, n, m.budget)
	}
	return m.Precise.Predict64(ctx, x)
}

// Predict implements [ml.Oracle].
func (m *meter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := m.Predict64(ctx, x)
	return single(z), err
}
