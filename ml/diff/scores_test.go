package diff

import (
	"math"
	"slices"
	"testing"

	"quintain/ml/graph"
)

// TestScores knows the scores of a few lists of numbers.
func TestScores(t *testing.T) {
	for _, tc := range []struct {
		x, want []float64
	}{
		{nil, []float64{}},
		{[]float64{5}, []float64{0}},
		{[]float64{2, 2, 2}, []float64{0, 0, 0}},
		// The median is 3, and the distances from it are 2, 1, 0, 1, 97.
		{[]float64{1, 2, 3, 4, 100}, []float64{-2 / 1.4826, -1 / 1.4826, 0, 1 / 1.4826, 97 / 1.4826}},
		{[]float64{4, 1, 3, 2}, []float64{1.5 / 1.4826, -1.5 / 1.4826, 0.5 / 1.4826, -0.5 / 1.4826}},
		// Most are one number; the mean distance is 2.
		{[]float64{0, 0, 0, 0, 10}, []float64{0, 0, 0, 0, 5 / math.Sqrt(math.Pi/2)}},
	} {
		got := scores(tc.x)
		if !slices.EqualFunc(got, tc.want, func(x, y float64) bool { return math.Abs(x-y) < 1e-12 }) {
			t.Errorf("scores(%v) = %v, want %v", tc.x, got, tc.want)
		}
	}
}

// TestEither takes a unit for odd by what it reads and by who reads it.
func TestEither(t *testing.T) {
	l := Layer{Units: make([]Unit, 20)}
	l.Units[3].In, l.Units[7].Out = 1, 1
	l.score()
	for i, u := range l.Units {
		if u.Odd != (i == 3 || i == 7) {
			t.Errorf("unit %d: odd %v with score %v", i, u.Odd, u.Score)
		}
	}
}

// TestAlign pairs as many nodes as can be, in order.
func TestAlign(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want []int
	}{
		{"", "", nil},
		{"abc", "abc", []int{0, 1, 2}},
		{"abc", "", []int{-1, -1, -1}},
		{"xabcdy", "xcabdy", []int{0, 2, 3, -1, 4, 5}}, // ab, and not c
		{"xcabdy", "xabcdy", []int{0, -1, 1, 2, 4, 5}},
		{"aa", "aaa", []int{0, 1}},
		{"xpqy", "xrsy", []int{0, -1, -1, 3}},
	} {
		list := func(ops string) (out []graph.Node) {
			for _, op := range ops {
				out = append(out, graph.Node{Op: string(op)})
			}
			return out
		}
		if got := align(list(tc.a), list(tc.b)); !slices.Equal(got, tc.want) {
			t.Errorf("align(%q, %q) = %v, want %v", tc.a, tc.b, got, tc.want)
		}
	}
}
