package score

import "math"

// A Variance says where a likelihood-ratio attack takes its variances from.
type Variance int

// The variances.
const (
	Global     Variance = iota // one for all rows, from how models differ about each; for few models
	PerExample                 // one for each row; with fewer than 64 models it is worse than none
	Bayesian                   // one for each row, drawn toward the global one: Student's t
)

// String returns the variance in words.
func (v Variance) String() string {
	return [...]string{"global variance", "variance of each row", "Bayesian variance"}[max(0, min(v, Bayesian))]
}

// LiRA is the likelihood-ratio attack (Carlini et al. 2022). Online, the score
// of a row is the log likelihood of the target's log odds under what shadow
// models with the row say, less that under what those without it say. Offline,
// it goes by the chance that a model without the row says less.
// Locations are medians. A row that all or no models were trained on is judged
// offline, or by the mean of its class of models over all rows.
func LiRA(odds []float64, s *Shadows, online bool, v Variance) []float64 {
	in, out := s.groups(true), s.groups(false)
	score := make([]float64, len(odds))
	for i, x := range odds {
		a, b := in.law(i, v), out.law(i, v)
		if online {
			score[i] = a.logDensity(x) - b.logDensity(x)
		} else {
			score[i] = b.order(x)
		}
	}
	return score
}

// groups is the log odds of one group of models, row by row.
type groups struct {
	rows   [][]float64
	mean   float64 // of all rows
	spread float64 // variance of all, around the middle of each row
	wide   float64 // variance of the middles
}

func (s *Shadows) groups(in bool) *groups {
	g := &groups{rows: make([][]float64, s.Rows())}
	var squares, n float64
	var middles []float64
	for i := range g.rows {
		with, without := s.split(i)
		if g.rows[i] = without; in {
			g.rows[i] = with
		}
		if len(g.rows[i]) == 0 {
			continue
		}
		m := average(g.rows[i])
		middles = append(middles, m)
		for _, x := range g.rows[i] {
			squares += (x - m) * (x - m)
		}
		n += float64(len(g.rows[i]) - 1)
	}
	g.mean = average(middles)
	for _, m := range middles {
		g.wide += (m - g.mean) * (m - g.mean) / float64(len(middles))
	}
	g.spread = floor(squares / max(n, 1))
	if n == 0 {
		g.spread = floor(g.wide)
	}
	return g
}

// floor keeps a variance above zero, so that a likelihood exists where all
// models agree.
func floor(v float64) float64 { return max(v, 1e-6) }

// law returns the distribution of what a model of the group says of row i.
func (g *groups) law(i int, v Variance) law {
	x := g.rows[i]
	n := float64(len(x))
	if n == 0 {
		return law{at: g.mean, variance: floor(g.wide) + g.spread}
	}
	m := average(x)
	var squares float64
	for _, y := range x {
		squares += (y - m) * (y - m)
	}
	switch {
	case v == PerExample && n > 1:
		return law{at: median(x), variance: floor(squares / (n - 1))}
	case v == Bayesian:
		// The conjugate prior of a normal law: its variance is the global one
		// with the weight of a few models, its mean that of all rows with hardly
		// any.
		const weight, few = 0.05, 4.0
		k, nu := weight+n, few+n
		scale := (few*g.spread + squares + weight*n*(m-g.mean)*(m-g.mean)/k) / nu
		return law{at: (weight*g.mean + n*m) / k, variance: floor(scale * (1 + 1/k)), freedom: nu}
	}
	return law{at: median(x), variance: g.spread}
}

// A law is a normal distribution, or Student's with some degrees of freedom.
type law struct{ at, variance, freedom float64 }

func (l law) logDensity(x float64) float64 {
	d := (x - l.at) * (x - l.at) / l.variance
	if l.freedom == 0 {
		return -d/2 - math.Log(l.variance)/2 - math.Log(2*math.Pi)/2
	}
	a, _ := math.Lgamma((l.freedom + 1) / 2)
	b, _ := math.Lgamma(l.freedom / 2)
	return a - b - math.Log(l.freedom*math.Pi*l.variance)/2 - (l.freedom+1)/2*math.Log1p(d/l.freedom)
}

// order returns a number that grows with the chance of less than x, and does not
// saturate where the chance is 1 in all digits: the distance from the center in
// standard deviations.
func (l law) order(x float64) float64 {
	z := (x - l.at) / math.Sqrt(l.variance)
	if l.freedom > 0 {
		z *= math.Sqrt((l.freedom - 1.5) / l.freedom)
	}
	return z
}
