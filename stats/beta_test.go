package stats_test

import (
	"math"
	"testing"

	"quintain/stats"
)

// near reports whether got is want up to a relative tolerance.
func near(got, want, tolerance float64) bool {
	return got == want || math.Abs(got-want) <= tolerance*math.Abs(want)
}

// The wanted values were computed with 40 digits (mpmath's betainc).
func TestBetaCDF(t *testing.T) {
	for _, c := range []struct{ x, a, b, want float64 }{
		{0.3, 0.5, 0.5, 0.36901011956554538},
		{0.1, 2, 3, 0.0523},
		{0.999, 20, 0.5, 0.84241618601636151},
		{0.5, 200, 210, 0.68948521342741615},
		{0.01, 3, 500, 0.87828180163926893},
		{0.97, 1000, 30, 0.41168567250037053},
		{0.6, 0.1, 7, 0.99995608536423637},
		{0, 2, 3, 0},
		{-1, 2, 3, 0},
		{1, 2, 3, 1},
		{7, 2, 3, 1},
	} {
		if got := stats.BetaCDF(c.x, c.a, c.b); !near(got, c.want, 5e-12) {
			t.Errorf("BetaCDF(%v, %v, %v) = %v, want %v", c.x, c.a, c.b, got, c.want)
		}
	}
}

// The arcsine law, two powers, and the binomial tail are known exactly.
func TestBetaCDFClosedForms(t *testing.T) {
	for i := 1; i < 40; i++ {
		x := float64(i) / 40
		for _, a := range []float64{0.25, 1, 3, 50} {
			if got, want := stats.BetaCDF(x, a, 1), math.Pow(x, a); !near(got, want, 1e-12) {
				t.Errorf("BetaCDF(%v, %v, 1) = %v, want %v", x, a, got, want)
			}
			if got, want := stats.BetaCDF(x, 1, a), 1-math.Pow(1-x, a); !near(got, want, 1e-12) {
				t.Errorf("BetaCDF(%v, 1, %v) = %v, want %v", x, a, got, want)
			}
		}
		if got, want := stats.BetaCDF(x, 0.5, 0.5), 2/math.Pi*math.Asin(math.Sqrt(x)); !near(got, want, 1e-12) {
			t.Errorf("BetaCDF(%v, 0.5, 0.5) = %v, want %v", x, got, want)
		}
		const n = 60
		pmf := binomial(n, x)
		tail := 0.0
		for k := n; k >= 1; k-- {
			tail += pmf[k]
			if got := stats.BetaCDF(x, float64(k), float64(n-k+1)); !near(got, tail, 1e-10) {
				t.Errorf("BetaCDF(%v, %d, %d) = %v, want the tail %v", x, k, n-k+1, got, tail)
			}
		}
	}
}

// A million trials: the median of a symmetric law, and the mirror image.
func TestBetaCDFLarge(t *testing.T) {
	if got := stats.BetaCDF(0.5, 5e5, 5e5); !near(got, 0.5, 1e-8) {
		t.Errorf("BetaCDF(0.5, 5e5, 5e5) = %v, want 0.5", got)
	}
	below, above := stats.BetaCDF(0.2003, 2e5, 8e5), stats.BetaCDF(0.7997, 8e5, 2e5)
	if !near(below+above, 1, 1e-8) {
		t.Errorf("the mirror images add up to %v, want 1", below+above)
	}
}

func TestBetaQuantile(t *testing.T) {
	for _, c := range []struct{ p, a, b, want float64 }{
		{0.025, 1, 10, 0.0025285785444617845},
		{0.975, 6, 95, 0.11283491110546277},
		{0.025, 5, 96, 0.016431879182052159},
		{0.5, 2.5, 3.5, 0.40684494089319389},
		{1e-9, 3, 4, 0.00036850499493539524},
		{1e-40, 1000, 30, 0.84571376726874788},
		{0.999999, 0.5, 2, 0.99836745138847231},
		{0, 2, 3, 0},
		{1, 2, 3, 1},
	} {
		if got := stats.BetaQuantile(c.p, c.a, c.b); !near(got, c.want, 1e-11) {
			t.Errorf("BetaQuantile(%v, %v, %v) = %v, want %v", c.p, c.a, c.b, got, c.want)
		}
	}
}

func TestBetaQuantileInverts(t *testing.T) {
	for _, a := range []float64{0.3, 1, 2, 17, 400, 30000} {
		for _, b := range []float64{0.3, 1, 2, 17, 400, 30000} {
			for _, p := range []float64{1e-6, 0.025, 0.3, 0.5, 0.9} {
				x := stats.BetaQuantile(p, a, b)
				if x == 1 { // closer to 1 than floats are
					continue
				}
				if got := stats.BetaCDF(x, a, b); !near(got, p, 1e-7) {
					t.Errorf("BetaCDF(BetaQuantile(%v, %v, %v)) = %v", p, a, b, got)
				}
			}
		}
	}
}

func TestBetaRefuses(t *testing.T) {
	nan := math.NaN()
	for _, c := range [][3]float64{{0.5, 0, 1}, {0.5, 1, -1}, {nan, 1, 1}, {0.5, nan, 1}, {0.5, 1, math.Inf(1)}} {
		if got := stats.BetaCDF(c[0], c[1], c[2]); !math.IsNaN(got) {
			t.Errorf("BetaCDF(%v) = %v, want NaN", c, got)
		}
		if got := stats.BetaQuantile(c[0], c[1], c[2]); !math.IsNaN(got) {
			t.Errorf("BetaQuantile(%v) = %v, want NaN", c, got)
		}
	}
	for _, p := range []float64{-0.1, 1.1} {
		if got := stats.BetaQuantile(p, 1, 1); !math.IsNaN(got) {
			t.Errorf("BetaQuantile(%v, 1, 1) = %v, want NaN", p, got)
		}
	}
}

// binomial returns the probabilities of 0 to n hits at rate p, by the
// recurrence that adds one trial at a time.
func binomial(n int, p float64) []float64 {
	pmf := make([]float64, n+1)
	pmf[0] = 1
	for i := 1; i <= n; i++ {
		for k := i; k >= 1; k-- {
			pmf[k] = pmf[k]*(1-p) + pmf[k-1]*p
		}
		pmf[0] *= 1 - p
	}
	return pmf
}
