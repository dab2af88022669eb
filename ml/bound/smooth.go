package bound

import (
	"math"

	"quintain/stats"
)

// Smoothed returns the radius within which the answer of a smoothed classifier
// cannot change, in units of the deviation of its noise: the classifier says of
// a row what the model says most often of the row plus Gaussian noise. It is
// that of Cohen, Rosenfeld, Kolter: Certified Adversarial Robustness via
// Randomized Smoothing, ICML 2019, arXiv:1902.02918, algorithm 2. Of n draws
// hits were of the answer, and the radius is right with probability 1-alpha.
// The radius is 0 if the draws do not show that the answer is that of most.
func Smoothed(hits, n int, alpha float64) float64 {
	low, _ := stats.ClopperPearson(hits, n, 1-2*alpha)
	if !(low > 0.5) {
		return 0
	}
	return math.Sqrt2 * math.Erfinv(2*low-1)
}
