package apgd

import (
	"slices"

	"quintain/ml"
)

// ratio is the targeted difference of logits ratio: the logit of target less
// that of y, in units of the spread of the largest logits. Neither adding to
// all logits nor multiplying them changes it. The spread takes four classes;
// with fewer, or without any spread, ratio is the plain difference.
func ratio(z []float32, y, target int, dz []float32) float64 {
	if len(z) < 4 {
		return ml.Toward(z, y, target, dz)
	}
	var largest [4]int
	order := make([]int, 0, len(z))
	for j := range z {
		order = append(order, j)
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case z[i] > z[j]:
			return -1
		case z[i] < z[j]:
			return 1
		}
		return 0
	})
	copy(largest[:], order)
	first, third, fourth := largest[0], largest[2], largest[3]
	spread := float64(z[first]) - (float64(z[third])+float64(z[fourth]))/2
	if !(spread > 0) {
		return ml.Toward(z, y, target, dz)
	}
	loss := (float64(z[target]) - float64(z[y])) / spread
	slope := float32(loss / spread)
	dz[target] += float32(1 / spread)
	dz[y] -= float32(1 / spread)
	dz[first] -= slope
	dz[third] += slope / 2
	dz[fourth] += slope / 2
	return loss
}
