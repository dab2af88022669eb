package bound_test

import (
	"math"
	"testing"

	"quintain/ml/bound"
)

// If all draws agree the radius is the quantile of alpha to the power of one
// by the number of draws, which was computed elsewhere.
func TestSmoothedCeiling(t *testing.T) {
	for n, want := range map[int]float64{100: 1.5005, 1000: 2.4633, 10_000: 3.1986, 100_000: 3.8115} {
		if got := bound.Smoothed(n, n, 0.001); math.Abs(got-want) > 5e-5 {
			t.Errorf("Smoothed(%d, %d) = %.5f, want %.4f", n, n, got, want)
		}
	}
	for _, hits := range []int{0, 50, 60} {
		if got := bound.Smoothed(hits, 100, 0.001); got != 0 {
			t.Errorf("Smoothed(%d, 100) = %v, want 0: that is no clear majority", hits, got)
		}
	}
	if a, b := bound.Smoothed(800, 1000, 0.001), bound.Smoothed(900, 1000, 0.001); !(0 < a && a < b) {
		t.Errorf("radii %v and %v of 800 and 900 hits, want them to grow", a, b)
	}
}
