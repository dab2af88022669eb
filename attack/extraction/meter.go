package extraction

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"quintain/ml"
	"quintain/ml/watch"
)

// errClosed says that the victim answers an account no longer.
var errClosed = errors.New("the account is closed: too many questions were near an earlier one")

// A meter is a victim that counts, and may close the account.
type meter struct {
	Precise
	budget int64
	asked  atomic.Int64
	guard  watch.Watcher // nil answers whatever is asked
}

// Predict64 implements [Precise].
func (m *meter) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	if n := int64(x.Rows()); m.asked.Add(n) > m.budget {
		m.asked.Add(-n)
		return nil, fmt.Errorf("%w: %d rows more, of %d", ErrBudget, n, m.budget)
	}
	for i := range x.Rows() {
		if m.guard != nil && m.guard.See(watch.Request{Row: x.Row(i)}) {
			return nil, fmt.Errorf("%w, at question %d", errClosed, m.asked.Load()-int64(x.Rows()-i-1))
		}
	}
	return m.Precise.Predict64(ctx, x)
}

// Predict implements [ml.Oracle].
func (m *meter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := m.Predict64(ctx, x)
	return single(z), err
}
