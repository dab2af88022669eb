package stats

import "math"

// McNemar returns the exact two-sided p-value of paired trials, such as the same
// attacks with a defense and without it: first is the number of pairs in which
// only the first of the two hit, second that in which only the second did.
// Pairs that agree tell nothing. Without a pair that differs the value is 1; a
// negative count gives NaN.
func McNemar(first, second int) float64 {
	if first < 0 || second < 0 {
		return math.NaN()
	}
	few, many := float64(min(first, second)), float64(max(first, second))
	if few == many {
		return 1
	}
	// Twice the lower tail of a fair coin.
	return min(1, 2*BetaCDF(0.5, many, few+1))
}
