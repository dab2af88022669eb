package bound

import (
	"cmp"
	"math"
	"slices"
)

// A Norm says how the changes of single features add up to the distance that a
// [Region] bounds. The zero Norm bounds none.
type Norm int

// The norms. Of L-infinity the ball is a box, so it is the box that is made
// smaller.
const (
	Box Norm = iota
	L1       // the sum of all changes
	L2       // the root of the sum of their squares
)

// A Region is where an input may be: anywhere in a box and, where Norm is not
// [Box], no farther from Center than 1, the change of each feature measured in
// units of its Radius. A feature of radius 0 is bounded by the box only.
type Region struct {
	Low, High      []float32
	Norm           Norm
	Center, Radius []float32
}

// A domain is a Region in double precision, and maybe a part of it.
type domain struct {
	low, high, center, radius []float64
	norm                      Norm
}

func (r Region) domain() domain {
	return domain{double(r.Low), double(r.High), double(r.Center), double(r.Radius), r.Norm}
}

func double(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// half returns the part of d in which feature i is below the middle, or above.
func (d domain) half(i int, above bool) domain {
	mid := d.low[i] + (d.high[i]-d.low[i])/2
	if above {
		d.low = slices.Clone(d.low)
		d.low[i] = mid
	} else {
		d.high = slices.Clone(d.high)
		d.high[i] = mid
	}
	return d
}

// empty reports whether no input is in d.
func (d domain) empty() bool {
	if d.norm == Box {
		return false
	}
	var sum, squares float64
	for i, r := range d.radius {
		if r > 0 {
			c := math.Abs(math.Min(math.Max(d.center[i], d.low[i]), d.high[i])-d.center[i]) / r
			sum, squares = sum+c, squares+c*c
		}
	}
	if d.norm == L2 {
		sum = squares
	}
	return sum > 1+doubt
}

// least sets x to where w·x is least in d, which is not empty, and returns
// that. What it returns is a bound, by duality, where x is off by rounding.
func (d domain) least(w, x []float64) float64 {
	switch d.norm {
	case L1:
		return d.leastL1(w, x)
	case L2:
		return d.leastL2(w, x)
	case Box:
	}
	var sum float64
	for i, v := range w {
		if x[i] = d.low[i]; v < 0 {
			x[i] = d.high[i]
		}
		sum += v * x[i]
	}
	return sum
}

// halvings of an interval leave nothing that double precision can tell.
const halvings = 64

// leastL2 is least in a round ball. In the dual the distance costs something,
// and every feature moves by itself: the cheaper the distance, the farther, and
// of all prices one makes the way exactly 1.
func (d domain) leastL2(w, x []float64) float64 {
	d.move(w, x, 0)
	// The time at which every feature has met a wall.
	var last float64
	for i, v := range w {
		if r := d.radius[i]; r > 0 && v != 0 {
			last = math.Max(last, (d.high[i]-d.low[i]+math.Abs(d.center[i]-x[i]))/(r*r*math.Abs(v)))
		}
	}
	if !(last < huge) { // the box alone is a bound too
		d.norm = Box
		return d.least(w, x)
	}
	if d.move(w, x, last); d.far(x) <= 1 {
		return dot(w, x)
	}
	low, high := 0.0, last
	for range halvings {
		mid := low + (high-low)/2
		if d.move(w, x, mid); d.far(x) > 1 {
			high = mid
		} else {
			low = mid
		}
	}
	d.move(w, x, high)
	price := 1 / (2 * high)
	return dot(w, x) + price*(d.far(x)-1)
}

// move sets x to where the features are after so much time: each starts at the
// center and runs down w until it meets a wall.
func (d domain) move(w, x []float64, time float64) {
	for i, v := range w {
		if r := d.radius[i]; r > 0 {
			x[i] = math.Min(math.Max(d.center[i]-v*r*r*time, d.low[i]), d.high[i])
		} else if x[i] = d.low[i]; v < 0 {
			x[i] = d.high[i]
		}
	}
}

// far is the square of the distance of x from the center.
func (d domain) far(x []float64) float64 {
	var sum float64
	for i, r := range d.radius {
		if r > 0 {
			c := (x[i] - d.center[i]) / r
			sum += c * c
		}
	}
	return sum
}

// leastL1 is least where changes add up: they go to the features in which they
// are worth most, one after the other.
func (d domain) leastL1(w, x []float64) float64 {
	left := 1.0
	order := make([]int, 0, len(w))
	for i, v := range w {
		r := d.radius[i]
		if r == 0 {
			if x[i] = d.low[i]; v < 0 {
				x[i] = d.high[i]
			}
			continue
		}
		x[i] = math.Min(math.Max(d.center[i], d.low[i]), d.high[i])
		left -= math.Abs(x[i]-d.center[i]) / r
		order = append(order, i)
	}
	left = math.Max(left, 0)
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(math.Abs(w[j])*d.radius[j], math.Abs(w[i])*d.radius[i]), cmp.Compare(i, j))
	})
	for _, i := range order {
		to := d.low[i]
		if w[i] < 0 {
			to = d.high[i]
		}
		step := to - x[i]
		if cost := math.Abs(step) / d.radius[i]; cost > left {
			x[i] += step * left / cost
			break
		} else {
			x[i], left = to, left-cost
		}
	}
	return dot(w, x)
}

func dot(w, x []float64) float64 {
	var sum float64
	for i, v := range w {
		sum += v * x[i]
	}
	return sum
}
