package score

import (
	"math"
	"slices"
)

// RMIA is the robust attack with a population (Zarifzadeh, Liu & Shokri 2024),
// offline: the share of the population whose likelihood ratio is less than that
// of the row by a factor of more than gamma. The ratio is the target's
// probability of the true label over that of the average model, of which half
// are taken to have the row; a in [0, 1] says how much those would gain, 1 being
// nothing. Rows of equal shares are ordered by the ratio itself. Population lists
// rows that are not of interest; without any the score is the ratio's logarithm.
func RMIA(odds []float64, s *Shadows, a, gamma float64, population []int) []float64 {
	ratio := make([]float64, len(odds))
	for i, x := range odds {
		mean := Confidence(x)
		if _, without := s.split(i); len(without) > 0 {
			mean = 0
			for _, v := range without {
				mean += Confidence(v) / float64(len(without))
			}
		}
		ratio[i] = math.Log(Confidence(x)) - math.Log(((1+a)*mean+1-a)/2+math.SmallestNonzeroFloat64)
		if math.IsInf(ratio[i], -1) {
			ratio[i] = x // the probability has underflowed; log odds have not
		}
	}
	if len(population) == 0 {
		return ratio
	}
	base := make([]float64, len(population))
	for k, z := range population {
		base[k] = ratio[z] + math.Log(gamma)
	}
	slices.Sort(base)
	score := make([]float64, len(odds))
	for i, r := range ratio {
		below, _ := slices.BinarySearch(base, r)
		score[i] = (float64(below) + Confidence(r)) / float64(len(base)+1)
	}
	return score
}
