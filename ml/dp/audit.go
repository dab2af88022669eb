package dp

import (
	"math"

	"quintain/stats"
)

// LowerBound returns the epsilon that a test proves at the given confidence: of
// pos models with a row it takes tp to have it, of neg models without it fp. The
// threshold of the test must come from other data than the counts. Members are
// those that score higher, which must be settled beforehand too; then both
// orientations of the test rest on the same two ends of Clopper-Pearson
// intervals, and the better one is returned. It is 0 if nothing is proved, and
// NaN for counts, delta or confidence out of range.
func LowerBound(tp, pos, fp, neg int, delta, confidence float64) float64 {
	tpr, fpr := Rates(tp, pos, fp, neg, confidence)
	if math.IsNaN(tpr) || math.IsNaN(fpr) || !(delta >= 0 && delta < 1) {
		return math.NaN()
	}
	return max(0, logRatio(tpr-delta, fpr), logRatio(1-fpr-delta, 1-tpr))
}

func logRatio(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return math.Inf(-1)
	}
	return math.Log(a / b)
}

// OneRunP returns the p-value of the claim that an algorithm is (eps, delta)
// private, from a single run (Steinke, Nasr & Jagielski 2023). Each of m
// canaries was put in or left out by its own throw of a fair coin; about
// guesses of them the auditor said which, how many being settled beforehand,
// and was right correct times. It is NaN for numbers out of range.
func OneRunP(m, guesses, correct int, eps, delta float64) float64 {
	if m < 1 || guesses < 0 || guesses > m || correct < 0 || correct > guesses || !(eps >= 0) || !(delta >= 0 && delta < 1) {
		return math.NaN()
	}
	if correct == 0 {
		return 1
	}
	rate := 1 / (1 + math.Exp(-eps)) // of right guesses, at most, with delta 0
	p := stats.BetaCDF(rate, float64(correct), float64(guesses-correct)+1)
	if delta == 0 {
		return min(1, p)
	}
	// The more of the mass just below the count lies close to it, the more the
	// delta can add.
	var mass, worst float64
	for i := 1; i <= correct; i++ {
		mass += binomial(guesses, correct-i, eps)
		worst = max(worst, mass/float64(i))
	}
	return min(1, p+2*float64(m)*delta*worst)
}

// binomial returns the probability of k right guesses of n if the odds of each
// are e to the eps.
func binomial(n, k int, eps float64) float64 {
	a, _ := math.Lgamma(float64(n) + 1)
	b, _ := math.Lgamma(float64(k) + 1)
	c, _ := math.Lgamma(float64(n-k) + 1)
	right, wrong := -math.Log1p(math.Exp(-eps)), -eps-math.Log1p(math.Exp(-eps))
	return math.Exp(a - b - c + float64(k)*right + float64(n-k)*wrong)
}

// OneRun returns the largest epsilon that [OneRunP] rejects at the given
// confidence: what one run proves. All guesses right is the most there can be,
// so OneRun(m, guesses, guesses, ...) is the ceiling of such an audit. It is 0
// if nothing is proved, and NaN for numbers out of range.
func OneRun(m, guesses, correct int, delta, confidence float64) float64 {
	miss := 1 - confidence
	if p := OneRunP(m, guesses, correct, 0, delta); math.IsNaN(p) || !(miss > 0 && miss < 1) {
		return math.NaN()
	} else if p >= miss {
		return 0
	}
	low, high := 0.0, 1.0
	for OneRunP(m, guesses, correct, high, delta) < miss {
		low, high = high, 2*high
	}
	for range 60 {
		mid := (low + high) / 2
		if OneRunP(m, guesses, correct, mid, delta) < miss {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// Rates returns the lowest rate of true positives and the highest of false ones
// that go with the counts of a test, each one's end of a Clopper-Pearson interval
// at the given confidence. Together they hold at least that often. It is for
// [PLD.Allows]; counts or confidence out of range give NaN.
func Rates(tp, pos, fp, neg int, confidence float64) (tpr, fpr float64) {
	tpr, _ = stats.ClopperPearson(tp, pos, confidence)
	_, fpr = stats.ClopperPearson(fp, neg, confidence)
	return tpr, fpr
}
