package stats_test

import (
	"math"
	"slices"
	"testing"

	"quintain/stats"
)

func TestBinomialTail(t *testing.T) {
	for _, c := range []struct {
		k, n    int
		p, want float64
	}{
		{0, 10, 0.3, 1},
		{10, 10, 0.5, math.Pow(0.5, 10)},
		{1, 10, 0.1, 1 - math.Pow(0.9, 10)},
		{2, 3, 0.25, 3*0.0625*0.75 + 0.015625},
		{11, 10, 0.5, 0},
		{3, 5, 0, 0},
		{3, 5, 1, 1},
	} {
		if got := stats.BinomialTail(c.k, c.n, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("BinomialTail(%d, %d, %v) = %v, want %v", c.k, c.n, c.p, got, c.want)
		}
	}
}

// The example of the paper: fifteen p-values, of which four are rejected at
// 0.05 where Bonferroni rejects three.
func TestBenjaminiHochberg(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000}
	slices.Reverse(p)
	got := stats.BenjaminiHochberg(p, 0.05)
	for i, reject := range got {
		if want := p[i] <= 0.0095; reject != want {
			t.Errorf("p = %v: rejected %v, want %v", p[i], reject, want)
		}
	}
	if got := stats.BenjaminiHochberg(nil, 0.05); len(got) != 0 {
		t.Errorf("of nothing %v is rejected", got)
	}
}
