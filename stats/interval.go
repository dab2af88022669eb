// Package stats turns counts into claims that the counts can carry: intervals
// for one rate, for a rate over clustered trials, for the difference of a pair,
// and a gate that decides as soon as the evidence allows.
package stats

import (
	"math"

	"quintain"
)

// ClopperPearson returns the exact interval for the rate behind k hits in n
// independent trials, at the given confidence in (0, 1). It covers the true
// rate at least that often, whatever the rate is. Without trials it is [0, 1].
// If k is outside [0, n] or the confidence outside (0, 1), both ends are NaN.
func ClopperPearson(k, n int, confidence float64) (lo, hi float64) {
	if !valid(k, n, confidence) {
		return math.NaN(), math.NaN()
	}
	miss := (1 - confidence) / 2 // on either side
	hits, misses := float64(k), float64(n-k)
	lo, hi = 0, 1
	if k > 0 {
		lo = BetaQuantile(miss, hits, misses+1)
	}
	if k < n {
		hi = BetaQuantile(1-miss, hits+1, misses)
	}
	return lo, hi
}

// Wilson returns the score interval of Wilson for the rate behind k hits in n
// independent trials. It is shorter than [ClopperPearson] and covers the true
// rate as often as promised on average over rates, not for each of them.
// Without trials it is [0, 1]; arguments out of range give NaN.
func Wilson(k, n int, confidence float64) (lo, hi float64) {
	if !valid(k, n, confidence) {
		return math.NaN(), math.NaN()
	}
	if n == 0 {
		return 0, 1
	}
	return wilson(float64(k)/float64(n), float64(n), math.Sqrt2*math.Erfinv(confidence))
}

// wilson is Wilson for a rate p seen in n trials, which need not be whole, and
// the quantile z.
func wilson(p, n, z float64) (lo, hi float64) {
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	lo, hi = max(0, center-half), min(1, center+half)
	if p == 0 {
		lo = 0
	}
	if p == 1 {
		hi = 1
	}
	return lo, hi
}

// Proportion returns k hits in n independent trials as a Measure with its 95%
// interval by [ClopperPearson]. Counts that make no proportion (no trials, more
// hits than trials) give a Measure that its Validate refuses.
func Proportion(name string, k, n int, seed uint64) quintain.Measure {
	lo, hi := ClopperPearson(k, n, 0.95)
	m := quintain.Measure{Name: name, Trials: n, Low: lo, High: hi, Method: "clopper-pearson", Seed: seed}
	if n > 0 {
		m.Value = float64(k) / float64(n)
	}
	return m
}

// TrialsFor returns the smallest number of trials of which none may hit for the
// rate to be below limit at the given confidence: the exact form of the rule of
// three, 59 for 5% at 95%. It is one-sided, so the two-sided interval of
// [ClopperPearson] after as many trials reaches a little higher. It is 0 if
// limit or confidence is outside (0, 1), or more trials than 2^53 are needed.
func TrialsFor(limit, confidence float64) int {
	if !(limit > 0 && limit < 1 && confidence > 0 && confidence < 1) {
		return 0
	}
	n := math.Ceil(math.Log1p(-confidence) / math.Log1p(-limit))
	if n > 1<<53 {
		return 0
	}
	if n > 1 && math.Pow(1-limit, n-1) <= 1-confidence { // a whole ratio, rounded up
		n--
	}
	return int(n)
}

func valid(k, n int, confidence float64) bool {
	return k >= 0 && k <= n && confidence > 0 && confidence < 1
}
