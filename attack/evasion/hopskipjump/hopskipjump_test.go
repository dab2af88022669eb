package hopskipjump_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/hopskipjump"
	"quintain/ml"
)

func Test(t *testing.T) { evasiontest.BlackBox(t, hopskipjump.Attack) }

// labels is a model that answers with labels only, as logits 0 and 1.
type labels struct{ ml.Oracle }

// Predict implements [ml.Oracle].
func (l labels) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := l.Oracle.Predict(ctx, x)
	for row := range slices.Chunk(z, l.Spec().Classes) {
		best := ml.Argmax(row)
		clear(row)
		row[best] = 1
	}
	return z, err
}

// The scores of the answers change nothing. Of 347 digits 219 cannot be turned
// at eps 0.1, and 7 at 0.2; with labels alone more are left.
func TestDigits(t *testing.T) {
	for eps, want := range map[float32][2]int{0.1: {219, 260}, 0.2: {7, 110}} {
		tr := evasiontest.Digits(t, eps)
		scores := evasiontest.Standing(t, hopskipjump.Attack, tr)
		tr.Model = labels{tr.Model}
		if got := evasiontest.Standing(t, hopskipjump.Attack, tr); got != scores || got < want[0] || got > want[1] {
			t.Errorf("eps %v: %d rows stand with labels and %d with scores, want the same from %d to %d", eps, got, scores, want[0], want[1])
		}
	}
}

// A caller counts the requests that a model gets.
type caller struct {
	ml.Oracle
	calls, rows int
}

// Predict implements [ml.Oracle].
func (c *caller) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	c.calls, c.rows = c.calls+1, c.rows+x.Rows()
	return c.Oracle.Predict(ctx, x)
}

// What all rows under way want to know is one request, one after the other.
func TestTogether(t *testing.T) {
	tr := evasiontest.Digits(t, 0.05)
	tr.Budget.Queries = 300
	alone, all := &caller{Oracle: tr.Model}, &caller{Oracle: tr.Model}
	one := tr.Pick([]int{5})
	one.Model = alone
	evasiontest.Standing(t, hopskipjump.Attack, one)
	tr.Model = all
	evasiontest.Standing(t, hopskipjump.Attack, tr)
	if all.calls > 3*alone.calls || all.rows < 50*alone.rows {
		t.Errorf("%d rows are asked about in %d requests for 347 rows, and %d in %d for one; want not many more requests", all.rows, all.calls, alone.rows, alone.calls)
	}
}

// An end of the context ends everybody's questions.
func TestCanceled(t *testing.T) {
	tr := evasiontest.Digits(t, 0.05)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hopskipjump.Attack.Run(ctx, tr); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
}

// A forest has no scores to follow, but it has labels.
func TestForest(t *testing.T) {
	tr := evasiontest.Golden(t, "../../../ml/testdata/sklearn/forest.onnx", 60, 0, 7, 0.2)
	if got := evasiontest.Standing(t, hopskipjump.Attack, tr); got < 1 || got > 40 {
		t.Errorf("%d of 60 rows stand, want 1 to 40", got)
	}
	tr.Budget.Queries = 1
	if got := evasiontest.Standing(t, hopskipjump.Attack, tr); got < 50 {
		t.Errorf("%d of 60 rows stand after one question, want nearly all", got)
	}
}
