package graded_test

import (
	"context"
	"errors"
	"testing"

	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
)

func TestBy(t *testing.T) {
	broken := errors.New("broken")
	read := func(n int) lab.Reading { return lab.Reading{Value: float64(n)} }
	good := graded.By(func(context.Context, *lab.Attempt) (int, error) { return 7, nil }, read)
	if r, err := good(t.Context(), nil); r.Value != 7 || err != nil {
		t.Errorf("got %v, %v, want 7", r.Value, err)
	}
	bad := graded.By(func(context.Context, *lab.Attempt) (int, error) { return 7, broken }, read)
	if r, err := bad(t.Context(), nil); r.Value != 0 || !errors.Is(err, broken) {
		t.Errorf("got %v, %v, want nothing and the error", r.Value, err)
	}
}

func TestSteps(t *testing.T) {
	broken, done := errors.New("broken"), 0
	one := func(context.Context, *lab.Setup) error { done++; return nil }
	fails := func(context.Context, *lab.Setup) error { return broken }
	if err := graded.Steps(one, one, fails, one)(t.Context(), nil); !errors.Is(err, broken) || done != 2 {
		t.Errorf("got %v after %d steps, want the error after 2", err, done)
	}
}

func TestOverlap(t *testing.T) {
	for _, tc := range []struct {
		x, y []int
		want float64
	}{{nil, nil, 0}, {[]int{1}, nil, 0}, {[]int{1, 2}, []int{2, 1}, 1}, {[]int{1, 2, 3}, []int{3, 4}, 0.25}, {[]int{1, 1, 1}, []int{1, 2}, 0.5}} {
		if got := graded.Overlap(tc.x, tc.y); got != tc.want {
			t.Errorf("Overlap(%v, %v) = %v, want %v", tc.x, tc.y, got, tc.want)
		}
	}
}
