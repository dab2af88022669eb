package stats_test

import (
	"math"
	"testing"

	"quintain/stats"
)

// Table I of Newcombe, Statistics in Medicine 17 (1998), to its four digits.
func TestIntervalsPublished(t *testing.T) {
	for _, c := range []struct {
		k, n                               int
		exactLo, exactHi, scoreLo, scoreHi float64
	}{
		{81, 263, 0.2527, 0.3676, 0.2553, 0.3662},
		{15, 148, 0.0578, 0.1617, 0.0624, 0.1605},
		{0, 20, 0, 0.1684, 0, 0.1611},
		{1, 29, 0.0009, 0.1776, 0.0061, 0.1718},
	} {
		lo, hi := stats.ClopperPearson(c.k, c.n, 0.95)
		if math.Abs(lo-c.exactLo) > 5e-5 || math.Abs(hi-c.exactHi) > 5e-5 {
			t.Errorf("ClopperPearson(%d, %d) = %.4f, %.4f, want %v, %v", c.k, c.n, lo, hi, c.exactLo, c.exactHi)
		}
		lo, hi = stats.Wilson(c.k, c.n, 0.95)
		if math.Abs(lo-c.scoreLo) > 5e-5 || math.Abs(hi-c.scoreHi) > 5e-5 {
			t.Errorf("Wilson(%d, %d) = %.4f, %.4f, want %v, %v", c.k, c.n, lo, hi, c.scoreLo, c.scoreHi)
		}
	}
}

// The wanted values were computed with 40 digits (mpmath's betainc, bisected).
func TestClopperPearsonDigits(t *testing.T) {
	for _, c := range []struct {
		k, n   int
		lo, hi float64
	}{
		{5, 100, 0.0164318791820522, 0.112834911105463},
		{1, 10, 0.00252857854446178, 0.445016117028195},
		{999, 1000, 0.994441075720173, 0.999974682512509},
		{50, 100, 0.398321129503301, 0.601678870496699},
	} {
		if lo, hi := stats.ClopperPearson(c.k, c.n, 0.95); !near(lo, c.lo, 1e-11) || !near(hi, c.hi, 1e-11) {
			t.Errorf("ClopperPearson(%d, %d) = %v, %v, want %v, %v", c.k, c.n, lo, hi, c.lo, c.hi)
		}
	}
}

func TestIntervalsAtTheEnds(t *testing.T) {
	for _, n := range []int{1, 2, 10, 59, 1000, 1000000} {
		closed := 1 - math.Pow(0.025, 1/float64(n))
		if lo, hi := stats.ClopperPearson(0, n, 0.95); lo != 0 || !near(hi, closed, 1e-9) {
			t.Errorf("ClopperPearson(0, %d) = %v, %v, want 0, %v", n, lo, hi, closed)
		}
		if lo, hi := stats.ClopperPearson(n, n, 0.95); !near(lo, 1-closed, 1e-12) || hi != 1 {
			t.Errorf("ClopperPearson(%d, %[1]d) = %v, %v, want %v, 1", n, lo, hi, 1-closed)
		}
		const z2 = 3.841458820694124 // the square of the normal quantile at 0.975
		closed = z2 / (float64(n) + z2)
		if lo, hi := stats.Wilson(0, n, 0.95); lo != 0 || !near(hi, closed, 1e-9) {
			t.Errorf("Wilson(0, %d) = %v, %v, want 0, %v", n, lo, hi, closed)
		}
		if lo, hi := stats.Wilson(n, n, 0.95); !near(lo, 1-closed, 1e-9) || hi != 1 {
			t.Errorf("Wilson(%d, %[1]d) = %v, %v, want %v, 1", n, lo, hi, 1-closed)
		}
	}
}

func TestIntervalsRefuse(t *testing.T) {
	for name, f := range map[string]func(k, n int, confidence float64) (lo, hi float64){
		"ClopperPearson": stats.ClopperPearson, "Wilson": stats.Wilson,
	} {
		if lo, hi := f(0, 0, 0.95); lo != 0 || hi != 1 {
			t.Errorf("%s(0, 0) = %v, %v, want 0, 1: nothing is known", name, lo, hi)
		}
		for _, c := range []struct {
			k, n       int
			confidence float64
		}{{-1, 5, 0.95}, {6, 5, 0.95}, {0, -1, 0.95}, {1, 5, 0}, {1, 5, 1}, {1, 5, math.NaN()}} {
			if lo, hi := f(c.k, c.n, c.confidence); !math.IsNaN(lo) || !math.IsNaN(hi) {
				t.Errorf("%s(%d, %d, %v) = %v, %v, want NaN", name, c.k, c.n, c.confidence, lo, hi)
			}
		}
	}
}

// coverage returns how often the interval of n trials covers the rate p, by
// adding up the binomial law: no simulation is involved.
func coverage(n int, p float64, interval func(k, n int, confidence float64) (lo, hi float64)) float64 {
	sum := 0.0
	for k, mass := range binomial(n, p) {
		if lo, hi := interval(k, n, 0.95); lo <= p && p <= hi {
			sum += mass
		}
	}
	return sum
}

func TestExactCoverage(t *testing.T) {
	for _, n := range []int{5, 20, 59, 150} {
		mean, steps := 0.0, 0
		for p := 0.005; p < 1; p += 0.015 {
			if got := coverage(n, p, stats.ClopperPearson); got < 0.95 {
				t.Errorf("ClopperPearson covers %v in %.4f of samples of %d, want 0.95 or more", p, got, n)
			}
			mean += coverage(n, p, stats.Wilson)
			steps++
		}
		if mean /= float64(steps); math.Abs(mean-0.95) > 0.015 {
			t.Errorf("Wilson covers %.4f on average over rates with n = %d, want about 0.95", mean, n)
		}
	}
}

func TestProportion(t *testing.T) {
	m := stats.Proportion("attack success rate", 15, 148, 7)
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	lo, hi := stats.ClopperPearson(15, 148, 0.95)
	if m.Value != 15.0/148 || m.Low != lo || m.High != hi || m.Trials != 148 || m.Seed != 7 || m.Method != "clopper-pearson" {
		t.Errorf("Proportion(15, 148) = %+v", m)
	}
	for _, c := range [][2]int{{0, 0}, {3, 2}, {-1, 2}} {
		m := stats.Proportion("rate", c[0], c[1], 0)
		if m.Validate() == nil {
			t.Errorf("Proportion(%d, %d) is valid: %+v", c[0], c[1], m)
		}
	}
}

func TestTrialsFor(t *testing.T) {
	for limit, want := range map[float64]int{0.05: 59, 0.10: 29, 0.01: 299, 0.001: 2995} {
		if got := stats.TrialsFor(limit, 0.95); got != want {
			t.Errorf("TrialsFor(%v, 0.95) = %d, want %d", limit, got, want)
		}
	}
	if got := stats.TrialsFor(0.5, 0.75); got != 2 {
		t.Errorf("TrialsFor(0.5, 0.75) = %d, want 2", got)
	}
	for limit := 0.003; limit < 1; limit += 0.01 {
		n := stats.TrialsFor(limit, 0.95)
		enough, fewer := math.Pow(1-limit, float64(n)), math.Pow(1-limit, float64(n-1))
		if enough > 0.05 || fewer <= 0.05 {
			t.Errorf("TrialsFor(%v, 0.95) = %d, but %v after n trials and %v after one fewer", limit, n, enough, fewer)
		}
	}
	for _, c := range [][2]float64{{0, 0.95}, {1, 0.95}, {0.05, 0}, {0.05, 1}, {math.NaN(), 0.95}, {1e-300, 0.95}} {
		if got := stats.TrialsFor(c[0], c[1]); got != 0 {
			t.Errorf("TrialsFor(%v, %v) = %d, want 0", c[0], c[1], got)
		}
	}
}
