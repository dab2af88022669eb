package screen

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	kmeansStarts = 10
	kmeansSteps  = 100
)

// halves cuts points in two by k-means: the best of some starts.
func halves(points [][]float64, rng *rand.Rand) []bool {
	var best []bool
	least := math.Inf(1)
	for range kmeansStarts {
		a, b := points[rng.IntN(len(points))], points[rng.IntN(len(points))]
		part, cost := lloyd(points, slices.Clone(a), slices.Clone(b))
		if cost < least {
			best, least = part, cost
		}
	}
	return best
}

// lloyd moves the centers a and b until nothing changes.
func lloyd(points [][]float64, a, b []float64) (part []bool, cost float64) {
	part = make([]bool, len(points))
	for range kmeansSteps {
		changed := false
		cost = 0
		for i, p := range points {
			da, db := distance(p, a), distance(p, b)
			if in := db < da; in != part[i] {
				part[i], changed = in, true
			}
			cost += min(da, db)
		}
		if !changed {
			break
		}
		center(a, points, part, false)
		center(b, points, part, true)
	}
	return part, cost
}

// center sets c to the mean of the points of a part, if it has any.
func center(c []float64, points [][]float64, part []bool, in bool) {
	n := 0
	sum := make([]float64, len(c))
	for i, p := range points {
		if part[i] == in {
			n++
			for j, v := range p {
				sum[j] += v
			}
		}
	}
	for j := range c {
		if n > 0 {
			c[j] = sum[j] / float64(n)
		}
	}
}

// distance returns the squared distance of a and b.
func distance(a, b []float64) float64 {
	var s float64
	for i, x := range a {
		d := x - b[i]
		s += float64(d * d)
	}
	return s
}

// silhouette returns the mean of how much nearer points are to their own part
// than to the other (Rousseeuw, 1987); 0 if a part is empty.
func silhouette(points [][]float64, part []bool) float64 {
	var sum float64
	for i, p := range points {
		var same, other float64
		var ns, no int
		for j, q := range points {
			d := math.Sqrt(distance(p, q))
			switch {
			case i == j:
			case part[i] == part[j]:
				same, ns = same+d, ns+1
			default:
				other, no = other+d, no+1
			}
		}
		if no == 0 {
			return 0
		}
		if ns == 0 {
			continue // a part of one point counts 0
		}
		a, b := same/float64(ns), other/float64(no)
		sum += (b - a) / max(a, b)
	}
	return sum / float64(len(points))
}
