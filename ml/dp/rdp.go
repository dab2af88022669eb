package dp

import (
	"math"
)

// Orders returns the orders that accountants of Rényi differential privacy
// commonly try: 1.1 to 10.9 in tenths, 12 to 63, and four large ones.
func Orders() []float64 {
	var out []float64
	for i := 1; i < 100; i++ {
		out = append(out, 1+float64(i)/10)
	}
	for i := 12; i < 64; i++ {
		out = append(out, float64(i))
	}
	return append(out, 128, 256, 512, 1024)
}

// RDP returns an upper bound of epsilon at delta by Rényi differential privacy
// (Mironov, Talwar & Zhang 2019; conversion of Canonne, Kamath & Steinke 2020),
// and the order that gave it. Orders at or below 1 are left out; without any
// other the bound is infinite. It is NaN for parameters out of range.
func (s SGD) RDP(delta float64, orders []float64) (eps, order float64) {
	if s.Validate() != nil || !validDelta(delta) {
		return math.NaN(), math.NaN()
	}
	eps = math.Inf(1)
	for _, a := range orders {
		if !(a > 1) || math.IsInf(a, 0) {
			continue
		}
		e := float64(s.Steps)*s.renyi(a) - (math.Log(delta)+math.Log(a))/(a-1) + math.Log1p(-1/a)
		if e < eps {
			eps, order = e, a
		}
	}
	return max(eps, 0), order
}

// renyi returns the Rényi divergence of one step at an order above 1.
func (s SGD) renyi(order float64) float64 {
	switch {
	case s.Rate == 1:
		return order / (2 * s.Noise * s.Noise)
	case order == math.Trunc(order):
		return s.logMomentSum(int(order)) / (order - 1)
	}
	return s.logMomentIntegral(order) / (order - 1)
}

// logMomentSum is the logarithm of the moment of the likelihood ratio at a whole
// order, by the binomial theorem.
func (s SGD) logMomentSum(order int) float64 {
	logQ, logRest := math.Log(s.Rate), math.Log1p(-s.Rate)
	var terms logSum
	n := float64(order)
	choose := 0.0 // the logarithm of n over k
	for k := 0.0; k <= n; k++ {
		terms.add(choose + k*logQ + (n-k)*logRest + k*(k-1)/(2*s.Noise*s.Noise))
		choose += math.Log(n-k) - math.Log(k+1)
	}
	return terms.value()
}

// logMomentIntegral is the same at any order. The trapezoidal rule converges
// exponentially, because the integrand is a bell without poles near the axis:
// the nearest are pi times the variance away.
func (s SGD) logMomentIntegral(order float64) float64 {
	variance := s.Noise * s.Noise
	step := min(s.Noise, variance) / 8
	logQ, logRest := math.Log(s.Rate), math.Log1p(-s.Rate)
	const reach = 14 // standard deviations, beyond which nothing is left
	low, high := -reach*s.Noise, order+reach*s.Noise
	n := int(min(math.Ceil((high-low)/step), 1<<22))
	step = (high - low) / float64(n)
	var terms logSum
	for i := range n + 1 {
		x := low + float64(i)*step
		ratio := logAdd(logRest, logQ+(x-0.5)/variance)
		terms.add(order*ratio - x*x/(2*variance))
	}
	return terms.value() + math.Log(step) - math.Log(s.Noise*math.Sqrt(2*math.Pi))
}

// A logSum adds numbers of which the logarithms are given.
type logSum struct {
	top, sum float64 // the sum is sum times e to the top
}

func (l *logSum) add(v float64) {
	switch {
	case l.sum == 0:
		l.top, l.sum = v, 1
	case v <= l.top:
		l.sum += math.Exp(v - l.top)
	default:
		l.top, l.sum = v, l.sum*math.Exp(l.top-v)+1
	}
}

func (l *logSum) value() float64 { return l.top + math.Log(l.sum) }

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	return a + math.Log1p(math.Exp(b-a))
}
