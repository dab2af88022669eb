package stats

import "math"

// BetaCDF returns the regularized incomplete beta function I_x(a, b): the
// probability that a Beta(a, b) variable is at most x. Both a and b must be
// positive; otherwise, or if an argument is NaN, the result is NaN. Its
// relative error is about 1e-14 times a+b where that is large: about 1e-11 at a
// thousand, 1e-8 at a million.
func BetaCDF(x, a, b float64) float64 {
	switch {
	case !(a > 0) || !(b > 0) || math.IsNaN(x) || math.IsInf(a+b, 1):
		return math.NaN()
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	front := math.Exp(a*math.Log(x) + b*math.Log1p(-x) - logBeta(a, b))
	// The continued fraction converges quickly below the mean only; above it
	// the mirror image is used.
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(x, a, b) / a
	}
	return 1 - front*betaFraction(1-x, b, a)/b
}

// betaFraction evaluates the continued fraction of the incomplete beta function
// (DLMF 8.17.22) from the front, by the method of Lentz. It takes a number of
// steps in the order of the square root of a+b.
func betaFraction(x, a, b float64) float64 {
	const (
		tiny     = 1e-300
		epsilon  = 1e-16
		maxSteps = 1 << 20
	)
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / guard(1-(a+b)*x/(a+1))
	h := d
	for i := 1; i < maxSteps; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		before := h
		for _, t := range [...]float64{even, odd} {
			d = 1 / guard(1+t*d)
			c = guard(1 + t/c)
			h *= c * d
		}
		if math.Abs(h-before) <= epsilon*math.Abs(h) {
			break
		}
	}
	return h
}

// BetaQuantile returns the x at which [BetaCDF] reaches p. It is NaN unless p
// is in [0, 1] and both a and b are positive.
func BetaQuantile(p, a, b float64) float64 {
	switch {
	case !(p >= 0 && p <= 1) || !(a > 0) || !(b > 0) || math.IsInf(a+b, 1):
		return math.NaN()
	case p == 0 || p == 1:
		return p
	}
	scale := logBeta(a, b)
	lo, hi := 0.0, 1.0
	x, last := a/(a+b), 1.0
	// Newton's step where it stays between the bounds and is shorter than half
	// the one before; half-way between the bounds otherwise.
	for range 400 {
		f := BetaCDF(x, a, b) - p
		if f > 0 {
			hi = x
		} else {
			lo = x
		}
		density := math.Exp((a-1)*math.Log(x) + (b-1)*math.Log1p(-x) - scale)
		next := x - f/density
		if !(next > lo && next < hi && math.Abs(next-x) < last/2) {
			next = lo + (hi-lo)/2
		}
		last = math.Abs(next - x)
		x = next
		if last <= 1e-15*x {
			break
		}
	}
	return x
}

// logBeta returns the logarithm of the beta function.
func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}
