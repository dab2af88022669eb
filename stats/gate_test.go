package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain/stats"
)

// simulate runs gates on trials at rate p, at most horizon of them, and returns
// how often each decision was made and how many trials it took on average.
func simulate(t *testing.T, limit, p float64, runs, horizon int) (below, above, mean float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(1e6*p), uint64(1e6*limit)))
	var count [3]float64
	trials := 0
	for range runs {
		g := stats.NewGate(limit, 0.05)
		for g.Decided() == stats.Undecided && g.N() < horizon {
			g.Observe(rng.Float64() < p)
		}
		count[g.Decided()]++
		trials += g.N()
	}
	n := float64(runs)
	return count[stats.Below] / n, count[stats.Above] / n, float64(trials) / n
}

// Five thousand simulated gates at the limit itself, where both mistakes are
// likeliest: looking after each of 1000 trials, at most 5% of them decide either
// way.
func TestGateErrors(t *testing.T) {
	for _, limit := range []float64{0.01, 0.05, 0.5} {
		below, above, _ := simulate(t, limit, limit, 5000, 1000)
		if below > 0.05 || above > 0.05 {
			t.Errorf("at the limit %v a gate decides below %.4f and above %.4f of the time, want 0.05 at most", limit, below, above)
		}
		if below+above == 0 {
			t.Errorf("at the limit %v no gate of 5000 ever decides: the bound is not tested", limit)
		}
	}
}

// fixed returns the number of trials of the exact test, planned in advance, that
// takes a rate of limit for less with a probability of 5%, and sees that a rate
// is below the limit with one of 95% if it is half of it.
func fixed(limit float64) int {
	for n := 1; ; n++ {
		// The largest number of hits that still passes.
		size, power := 0.0, 0.0
		for k := range n {
			size += pmf(k, n, limit)
			if size > 0.05 {
				break
			}
			power += pmf(k, n, limit/2)
		}
		if power >= 0.95 {
			return n
		}
	}
}

func pmf(k, n int, p float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

func TestGateSaves(t *testing.T) {
	const limit = 0.05
	plan := fixed(limit)
	for _, p := range []float64{0, 0.005, 0.01, 0.1, 0.15, 0.5, 1} {
		below, above, mean := simulate(t, limit, p, 1000, 10*plan)
		right := below
		if p > limit {
			right = above
		}
		t.Logf("rate %v: %.1f trials on average where a fixed plan takes %d, right in %.3f", p, mean, plan, right)
		if mean > 0.6*float64(plan) || right < 0.95 {
			t.Errorf("rate %v: %.1f trials, right in %.3f; want 40%% fewer than %d and 0.95", p, mean, right, plan)
		}
	}
}

// Without hits the capitals are known: the gate decides after exactly so many.
func TestGateWithoutHits(t *testing.T) {
	for _, limit := range []float64{0.01, 0.05, 0.3} {
		want := 0
		for sum := 0.0; sum < 20; {
			want++
			sum = 0
			for i := range 16 {
				q := limit * float64(i*i) / 256
				sum += math.Pow((1-q)/(1-limit), float64(want)) / 16
			}
		}
		g := stats.NewGate(limit, 0.05)
		for g.Decided() == stats.Undecided {
			g.Observe(false)
		}
		if g.Decided() != stats.Below || g.N() != want {
			t.Errorf("limit %v: %v after %d misses, want below after %d", limit, g.Decided(), g.N(), want)
		}
		if least := stats.TrialsFor(limit, 0.95); g.N() < least || g.N() > 2*least {
			t.Errorf("limit %v: decided after %d misses; a plan that hopes for none takes %d", limit, g.N(), least)
		}
		// The decision stays.
		for range 1000 {
			g.Observe(true)
		}
		if g.Decided() != stats.Below || g.N() != want {
			t.Errorf("limit %v: %v after %d trials once decided", limit, g.Decided(), g.N())
		}
	}
}

func TestGateRefuses(t *testing.T) {
	for _, c := range [][2]float64{{0, 0.05}, {1, 0.05}, {0.05, 0}, {0.05, 1}, {math.NaN(), 0.05}, {0.05, math.NaN()}} {
		g := stats.NewGate(c[0], c[1])
		for range 1000 {
			g.Observe(true)
		}
		if g.Decided() != stats.Undecided || g.N() != 0 {
			t.Errorf("NewGate(%v) decides %v after %d", c, g.Decided(), g.N())
		}
	}
	if got := stats.Undecided.String() + stats.Below.String() + stats.Above.String() + stats.Decision(9).String() + stats.Decision(-1).String(); got != "undecidedbelowaboveaboveundecided" {
		t.Errorf("the decisions are written %s", got)
	}
}

func BenchmarkGate(b *testing.B) {
	g := stats.NewGate(0.05, 1e-300)
	for i := 0; b.Loop(); i++ {
		g.Observe(i%20 == 0)
	}
}
