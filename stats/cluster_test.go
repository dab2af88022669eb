package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain/stats"
)

// gamma draws from the gamma distribution of scale 1 (Marsaglia and Tsang).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1./3
	for {
		x := rng.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// vary draws a rate with mean p, such that two trials at it are correlated by
// rho.
func vary(rng *rand.Rand, p, rho float64) float64 {
	if rho == 0 || p <= 0 || p >= 1 {
		return p
	}
	s := (1 - rho) / rho
	a, b := gamma(rng, p*s), gamma(rng, (1-p)*s)
	if a+b == 0 {
		return p
	}
	return a / (a + b)
}

// goals draws n goals of five prompts with four generations each. Goals differ
// by rho; where they do, prompts of one goal differ as well.
func goals(rng *rand.Rand, n int, p, rho float64) []stats.Goal {
	out := make([]stats.Goal, n)
	for i := range out {
		goal := vary(rng, p, rho)
		for range 5 {
			prompt := vary(rng, goal, rho/3)
			for range 4 {
				out[i].Trials++
				if rng.Float64() < prompt {
					out[i].Hits++
				}
			}
		}
	}
	return out
}

// Forty goals, simulated two thousand times in each cell. The bounds are those
// of the cells where hits are plenty; with few of them the interval is wider
// than it needs to be, and at rate zero it cannot miss.
func TestClusterCoverage(t *testing.T) {
	const runs = 2000
	for _, p := range []float64{0, 0.01, 0.1, 0.5, 0.9} {
		for _, rho := range []float64{0, 0.3, 0.6} {
			rng := rand.New(rand.NewPCG(uint64(1000*p), uint64(10*rho)))
			covered, ignorant := 0.0, 0.0
			for range runs {
				sample := goals(rng, 40, p, rho)
				if lo, hi := stats.ClusterInterval(sample, 0.95); lo <= p && p <= hi {
					covered++
				}
				hits, trials := 0, 0
				for _, g := range sample {
					hits, trials = hits+g.Hits, trials+g.Trials
				}
				if lo, hi := stats.ClopperPearson(hits, trials, 0.95); lo <= p && p <= hi {
					ignorant++
				}
			}
			covered /= runs
			ignorant /= runs
			t.Logf("rate %v, correlation %v: covers %.4f; without clusters %.4f", p, rho, covered, ignorant)
			most := 0.98
			if p < 0.05 {
				most = 1
			}
			if covered < 0.93 || covered > most {
				t.Errorf("rate %v, correlation %v: covers %.4f, want 0.93 to %v", p, rho, covered, most)
			}
			// What the clusters are for.
			if rho > 0 && p > 0 && ignorant > 0.9 {
				t.Errorf("rate %v, correlation %v: trials taken as independent cover %.4f: the test tests nothing", p, rho, ignorant)
			}
		}
	}
}

func same(n int, g stats.Goal) []stats.Goal {
	out := make([]stats.Goal, n)
	for i := range out {
		out[i] = g
	}
	return out
}

// Without hits, or with nothing else, goals are the trials.
func TestClusterAtTheEnds(t *testing.T) {
	_, want := stats.ClopperPearson(0, 20, 0.95)
	if lo, hi := stats.ClusterInterval(same(20, stats.Goal{Trials: 25}), 0.95); lo != 0 || hi != want {
		t.Errorf("no hit in 20 goals: %v, %v, want 0, %v", lo, hi, want)
	}
	if lo, hi := stats.ClusterInterval(same(20, stats.Goal{Hits: 25, Trials: 25}), 0.95); !near(lo, 1-want, 1e-12) || hi != 1 {
		t.Errorf("hits only in 20 goals: %v, %v, want %v, 1", lo, hi, 1-want)
	}
	// One goal with hits: it may be one of many such, or one of few.
	sample := append(same(19, stats.Goal{Trials: 25}), stats.Goal{Hits: 1, Trials: 25})
	_, want = stats.ClopperPearson(1, 20, 0.95)
	if lo, hi := stats.ClusterInterval(sample, 0.95); lo != 0 || hi != want {
		t.Errorf("one hit in 20 goals: %v, %v, want 0, %v", lo, hi, want)
	}
}

// Trials that really are independent, one for each goal, are Wilson's case but
// for the quantile; trials that all agree within goals count as one each.
func TestClusterEffective(t *testing.T) {
	single := append(same(500, stats.Goal{Hits: 1, Trials: 1}), same(500, stats.Goal{Trials: 1})...)
	tenfold := append(same(500, stats.Goal{Hits: 10, Trials: 10}), same(500, stats.Goal{Trials: 10})...)
	wlo, whi := stats.Wilson(500, 1000, 0.95)
	lo, hi := stats.ClusterInterval(single, 0.95)
	if math.Abs(lo-wlo) > 2e-4 || math.Abs(hi-whi) > 2e-4 {
		t.Errorf("a thousand goals of one trial: %v, %v, want nearly %v, %v", lo, hi, wlo, whi)
	}
	lo10, hi10 := stats.ClusterInterval(tenfold, 0.95)
	if !near(lo, lo10, 1e-9) || !near(hi, hi10, 1e-9) {
		t.Errorf("ten trials that agree are %v, %v, and one is %v, %v: want no difference", lo10, hi10, lo, hi)
	}
	// Student's t at 0.975 with ten degrees of freedom is 2.2281 in every table.
	// Twenty goals of one trial each, half of them hits: Wilson with that.
	twenty := append(same(10, stats.Goal{Hits: 1, Trials: 1}), same(10, stats.Goal{Trials: 1})...)
	const q = 2.2281
	n := 20. * 19 / 20 // the variance has m-1 below
	half := q / (1 + q*q/n) * math.Sqrt(0.25/n+q*q/(4*n*n))
	if lo, hi := stats.ClusterInterval(twenty, 0.95); math.Abs(lo-(0.5-half)) > 1e-5 || math.Abs(hi-(0.5+half)) > 1e-5 {
		t.Errorf("ten of twenty goals: %v, %v, want %v, %v", lo, hi, 0.5-half, 0.5+half)
	}
}

func TestClusterRefuses(t *testing.T) {
	for _, sample := range [][]stats.Goal{nil, {{0, 0}}, {{0, 0}, {0, 0}}} {
		if lo, hi := stats.ClusterInterval(sample, 0.95); lo != 0 || hi != 1 {
			t.Errorf("ClusterInterval(%v) = %v, %v, want 0, 1", sample, lo, hi)
		}
		if m := stats.ClusterProportion("rate", sample, 0); m.Validate() == nil {
			t.Errorf("ClusterProportion(%v) = %+v, want nothing valid", sample, m)
		}
	}
	for _, sample := range [][]stats.Goal{{{2, 1}}, {{-1, 1}}, {{0, -1}}, {{1, 2}, {5, 4}}} {
		if lo, hi := stats.ClusterInterval(sample, 0.95); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("ClusterInterval(%v) = %v, %v, want NaN", sample, lo, hi)
		}
		if m := stats.ClusterProportion("rate", sample, 0); m.Validate() == nil {
			t.Errorf("ClusterProportion(%v) = %+v, want nothing valid", sample, m)
		}
	}
}

// Goals of any sizes give a measure that may be shown.
func TestClusterProportion(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		sample := make([]stats.Goal, 1+rng.IntN(6))
		hits, trials := 0, 0
		for i := range sample {
			n := rng.IntN(30)
			sample[i] = stats.Goal{Hits: rng.IntN(n + 1), Trials: n}
			hits, trials = hits+sample[i].Hits, trials+n
		}
		if trials == 0 {
			continue
		}
		m := stats.ClusterProportion("rate", sample, 3)
		if err := m.Validate(); err != nil {
			t.Errorf("%v: %v", sample, err)
		}
		if m.Value != float64(hits)/float64(trials) || m.Trials != trials || m.Seed != 3 || m.Low < 0 || m.High > 1 {
			t.Errorf("%v: %+v", sample, m)
		}
	}
}
