package stats

import (
	"math"

	"quintain"
)

// A Goal is a cluster of trials: everything that was tried for one goal of an
// attacker, over all its prompts and all generations of each.
type Goal struct{ Hits, Trials int }

// ClusterInterval returns the interval for the rate of hits over goals like
// those given, at the given confidence in (0, 1). Trials of one goal resemble
// each other, so a hundred of them tell less than a hundred goals do; how much
// less is read off the spread between goals. That includes whatever happens
// inside a goal, such as prompts that differ and generations that do not.
//
// The interval is Wilson's for the effective number of trials, with a quantile
// of Student's t for as many degrees of freedom as there are goals with a hit,
// or with a miss if those are fewer. With fewer than two of either the spread is
// unknown. Then the ends are exact for goals as trials, and hold for any
// dependence inside goals: no more than the goals with a hit, no fewer than
// those with hits only. Goals should have about as many trials each.
//
// Goals without trials are left out; without any the interval is [0, 1]. Counts
// that make no proportion, or a confidence out of range, give NaN.
func ClusterInterval(goals []Goal, confidence float64) (lo, hi float64) {
	var s sums
	for _, g := range goals {
		if !valid(g.Hits, g.Trials, confidence) {
			return math.NaN(), math.NaN()
		}
		s.add(g)
	}
	switch informative := min(s.anyHit, s.anyMiss); {
	case s.goals == 0:
		return 0, 1
	case informative < 2:
		_, hi = ClopperPearson(s.anyHit, s.goals, confidence)
		lo, _ = ClopperPearson(s.goals-s.anyMiss, s.goals, confidence)
	default:
		df := min(informative, s.goals-1)
		lo, hi = wilson(s.rate(), s.effective(goals), tQuantile((1+confidence)/2, float64(df)))
	}
	return min(lo, s.rate()), max(hi, s.rate())
}

// ClusterProportion returns the rate of hits over all goals as a Measure with
// its 95% interval by [ClusterInterval]. Counts that make no proportion give a
// Measure that its Validate refuses.
func ClusterProportion(name string, goals []Goal, seed uint64) quintain.Measure {
	var s sums
	for _, g := range goals {
		s.add(g)
	}
	lo, hi := ClusterInterval(goals, 0.95)
	m := quintain.Measure{Name: name, Trials: int(s.trials), Low: lo, High: hi, Method: "wilson, clustered by goal", Seed: seed}
	if s.trials > 0 {
		m.Value = s.rate()
	}
	return m
}

// sums counts goals and what is in them.
type sums struct {
	goals, anyHit, anyMiss int
	hits, trials           float64
}

func (s *sums) add(g Goal) {
	if g.Trials == 0 {
		return
	}
	s.goals++
	s.hits += float64(g.Hits)
	s.trials += float64(g.Trials)
	if g.Hits > 0 {
		s.anyHit++
	}
	if g.Hits < g.Trials {
		s.anyMiss++
	}
}

func (s *sums) rate() float64 { return s.hits / s.trials }

// effective returns the number of independent trials that would tell as much
// about the rate, by the variance of the ratio estimator; never more than there
// were trials.
func (s *sums) effective(goals []Goal) float64 {
	p, squares := s.rate(), 0.0
	for _, g := range goals {
		d := float64(g.Hits) - p*float64(g.Trials)
		squares += d * d
	}
	m := float64(s.goals)
	variance := squares * m / (m - 1) / (s.trials * s.trials)
	return min(p*(1-p)/variance, s.trials)
}

// tQuantile returns the quantile of Student's t distribution at p in (0.5, 1).
func tQuantile(p, df float64) float64 {
	x := BetaQuantile(2*(1-p), df/2, 0.5)
	return math.Sqrt(df * (1 - x) / x)
}
