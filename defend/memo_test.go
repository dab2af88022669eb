package defend

import (
	"errors"
	"testing"

	"quintain/ml"
)

// TestOnce asks again for other rows, other labels, other results and after an
// error, and else not.
func TestOnce(t *testing.T) {
	asked := 0
	ask := func(tr *Trial, what string) int {
		t.Helper()
		v, err := Once(tr, what, func() (int, error) { asked++; return int(tr.Rows.X[0]), nil })
		if err != nil || v != int(tr.Rows.X[0]) {
			t.Errorf("Once = %d, %v, want %v", v, err, tr.Rows.X[0])
		}
		return asked
	}
	first := &Trial{Rows: ml.Batch{X: []float32{1, 2}, Dim: 1, Y: []int32{0, 1}}, memo: &memo{}}
	same, other := *first, *first
	same.Seed, same.Rows = 9, first.Rows.Clone()
	other.Rows = ml.Batch{X: []float32{1, 2}, Dim: 1, Y: []int32{1, 0}}
	for i, step := range []struct {
		tr   *Trial
		what string
		want int
	}{
		{first, "screen", 1},
		{&same, "screen", 1},
		{&other, "screen", 2},
		{&other, "screen", 2},
		{first, "screen", 3},
		{first, "rank", 4},
		{first, "screen", 5},
		{&Trial{Rows: first.Rows}, "screen", 6},
		{&Trial{Rows: first.Rows}, "screen", 7},
	} {
		if got := ask(step.tr, step.what); got != step.want {
			t.Errorf("step %d: asked %d times, want %d", i, got, step.want)
		}
	}
	if _, err := Once(&other, "screen", func() (int, error) { return 0, errors.New("no") }); err == nil {
		t.Error("an error is lost")
	}
	if got := ask(&other, "screen"); got != 8 {
		t.Errorf("after an error asked %d times, want 8", got)
	}
}
