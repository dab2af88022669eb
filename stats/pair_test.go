package stats_test

import (
	"math"
	"testing"

	"quintain/stats"
)

func TestMcNemar(t *testing.T) {
	for _, c := range []struct {
		first, second int
		want          float64
	}{
		{0, 0, 1},
		{1, 0, 1},
		{3, 3, 1},
		{0, 5, 2. / 32},
		{6, 0, 2. / 64},
		{1, 9, 22. / 1024},
		{2, 8, 112. / 1024},
		{8, 2, 112. / 1024},
		{4, 5, 1},
		{0, 60, math.Ldexp(2, -60)},
	} {
		if got := stats.McNemar(c.first, c.second); !near(got, c.want, 1e-10) {
			t.Errorf("McNemar(%d, %d) = %v, want %v", c.first, c.second, got, c.want)
		}
	}
	if got := stats.McNemar(-1, 3); !math.IsNaN(got) {
		t.Errorf("McNemar(-1, 3) = %v, want NaN", got)
	}
}

// If there is no difference, a p-value of 5% or less comes up 5% of the time at
// most, and not much less often once there are enough pairs.
func TestMcNemarSize(t *testing.T) {
	for n := 1; n <= 200; n++ {
		size := 0.0
		for k, mass := range binomial(n, 0.5) {
			if stats.McNemar(k, n-k) <= 0.05 {
				size += mass
			}
		}
		if size > 0.05 || n > 100 && size < 0.03 {
			t.Errorf("%d pairs that differ: %.4f of fair coins are called unfair, want at most 0.05", n, size)
		}
	}
}
