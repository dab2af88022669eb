package stats

import (
	"cmp"
	"slices"
)

// BinomialTail returns the probability that at least k of n independent trials
// hit when each does with probability p: the p-value of the exact one-sided
// binomial test.
func BinomialTail(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return BetaCDF(p, float64(k), float64(n-k+1))
}

// BenjaminiHochberg says which of the hypotheses with p-values p to reject so
// that the expected share of those rejected wrongly is at most rate (Benjamini
// and Hochberg, 1995).
func BenjaminiHochberg(p []float64, rate float64) []bool {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]bool, len(p))
	last := -1
	for rank, i := range order {
		if p[i] <= rate*float64(rank+1)/float64(len(p)) {
			last = rank
		}
	}
	for _, i := range order[:last+1] {
		out[i] = true
	}
	return out
}
