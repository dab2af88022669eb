package watch

import (
	"math"
	"slices"
)

// A PRADA alarms when the distances between the questions of an account are not
// spread like a normal distribution (Juuti, Szyller, Marchal and Asokan 2019,
// arXiv:1805.02628): the distance of each question to the nearest before it that
// got the same answer, tested by Shapiro and Wilk. Unlike there, the last 5,000
// questions with each answer are kept to measure distances to, not only those
// that are far from others.
//
// It catches questions that are made from each other step by step, and not
// those that are drawn at random, whose distances are as normal as a customer's.
type PRADA struct {
	// Delta is the W below which it alarms; 0 is 0.9.
	Delta float64

	rows map[int][][]float32
	dist []float64
	seen int
	w    float64
}

// The distances that a test needs, and how often it is made.
const (
	fewest = 30
	every  = 10
	most   = 5000 // distances tested, and questions kept for each answer; older ones are left out
)

// See implements [Watcher].
func (p *PRADA) See(r Request) bool {
	if p.rows == nil {
		p.rows = make(map[int][][]float32)
	}
	if before := p.rows[r.Label]; len(before) > 0 {
		least := math.Inf(1)
		for _, b := range before {
			least = min(least, distance(b, r.Row))
		}
		p.dist = append(p.dist, least)
		if len(p.dist) > most {
			p.dist = p.dist[1:]
		}
	}
	same := append(p.rows[r.Label], slices.Clone(r.Row))
	p.rows[r.Label] = same[max(0, len(same)-most):]
	p.seen++
	if len(p.dist) < fewest || p.seen%every != 0 {
		return false
	}
	p.w = ShapiroWilk(within(p.dist))
	delta := p.Delta
	if delta == 0 {
		delta = 0.9
	}
	return p.w < delta
}

// W returns the statistic at the last test, 0 before the first. It is 1 for
// distances that could not be more normal.
func (p *PRADA) W() float64 { return p.w }

func distance(a, b []float32) float64 {
	var s float64
	for i, v := range a {
		d := float64(v) - float64(b[i])
		s += d * d
	}
	return math.Sqrt(s)
}

// within returns the values at most three deviations from their mean.
func within(x []float64) []float64 {
	mean, sd := moments(x)
	var out []float64
	for _, v := range x {
		if math.Abs(v-mean) <= 3*sd {
			out = append(out, v)
		}
	}
	return out
}

func moments(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(sd)
}

// ShapiroWilk returns the W of Shapiro and Wilk for at least three values, by
// the approximation of Royston (1995, algorithm AS R94): near 1 for values from
// a normal distribution and smaller for others. Values that are all equal have
// W 1 by convention; for fewer than three it is not a number.
func ShapiroWilk(x []float64) float64 {
	n := len(x)
	if n < 3 {
		return math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	if s[0] == s[n-1] {
		return 1
	}
	m := make([]float64, n)
	var norm float64
	for i := range m {
		m[i] = math.Sqrt2 * math.Erfinv(2*(float64(i+1)-0.375)/(float64(n)+0.25)-1)
		norm += m[i] * m[i]
	}
	mean, _ := moments(s)
	var num, den float64
	for i, a := range coefficients(m, norm) {
		num += a * s[i]
		den += (s[i] - mean) * (s[i] - mean)
	}
	return num * num / den
}

// coefficients turns the expected order statistics m, whose squares sum to norm,
// into the weights of W.
func coefficients(m []float64, norm float64) []float64 {
	n := len(m)
	a := make([]float64, n)
	if n == 3 {
		a[0], a[2] = -math.Sqrt(0.5), math.Sqrt(0.5)
		return a
	}
	u := 1 / math.Sqrt(float64(n))
	root := math.Sqrt(norm)
	poly := func(c ...float64) float64 {
		var s float64
		for _, v := range c {
			s = s*u + v
		}
		return s
	}
	last := poly(-2.706056, 4.434685, -2.071190, -0.147981, 0.221157, m[n-1]/root)
	edge, phi := 1, 0.0
	if n > 5 {
		next := poly(-3.582633, 5.682633, -1.752461, -0.293762, 0.042981, m[n-2]/root)
		phi = (norm - 2*m[n-1]*m[n-1] - 2*m[n-2]*m[n-2]) / (1 - 2*last*last - 2*next*next)
		a[n-2], a[1], edge = next, -next, 2
	} else {
		phi = (norm - 2*m[n-1]*m[n-1]) / (1 - 2*last*last)
	}
	a[n-1], a[0] = last, -last
	for i := edge; i < n-edge; i++ {
		a[i] = m[i] / math.Sqrt(phi)
	}
	return a
}
