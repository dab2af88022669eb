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
	tell   func(row []float32, label int) error
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
	z, err := m.Precise.Predict64(ctx, x)
	if err != nil || m.tell == nil {
		return z, err
	}
	k := m.Spec().Classes
	for i := range x.Rows() {
		best, _ := likeliest(z[i*k : (i+1)*k])
		if err := m.tell(x.Row(i), best); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// Predict implements [ml.Oracle].
func (m *meter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := m.Predict64(ctx, x)
	return single(z), err
}
