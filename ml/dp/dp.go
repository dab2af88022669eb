// Package dp works with differential privacy in both directions: accountants
// say how much a mechanism can leak at most, audits say how much it was seen to
// leak at least. An audit that proves more than an accountant allows has found
// an implementation that does not do what was claimed.
//
// Two data sets are neighbors if one has a row that the other lacks. Noise is
// given in units of the clipping norm.
package dp

import (
	"errors"
	"fmt"
	"math"
)

// ErrParameter says that no bound exists for the numbers given.
var ErrParameter = errors.New("dp: parameter out of range")

// SGD is what differential privacy needs to know about a run of DP-SGD (Abadi
// et al. 2016): the Gaussian mechanism on a batch into which every row gets by
// its own throw of a coin, repeated. A loader that shuffles rows does not do
// that, and the bounds do not hold for it.
type SGD struct {
	Rate  float64 // the chance of a row to be in a batch, above 0 and at most 1
	Noise float64 // standard deviation of the noise over the clipping norm, above 0
	Steps int     // batches, at least 1
}

// Validate reports whether there is such a mechanism.
func (s SGD) Validate() error {
	switch {
	case !(s.Rate > 0 && s.Rate <= 1):
		return fmt.Errorf("%w: sampling rate %v, want a number above 0 and at most 1", ErrParameter, s.Rate)
	case !(s.Noise > 0) || math.IsInf(s.Noise, 0):
		return fmt.Errorf("%w: noise %v, want a number above 0", ErrParameter, s.Noise)
	case s.Steps < 1:
		return fmt.Errorf("%w: %d steps", ErrParameter, s.Steps)
	}
	return nil
}

// Gaussian returns the exact epsilon at delta of a Gaussian mechanism with
// sensitivity over noise mu (Balle & Wang 2018). Steps of such mechanisms add
// their squares, so n steps of mu are one of mu times the root of n. It is NaN
// unless mu is positive and delta in (0, 1).
func Gaussian(mu, delta float64) float64 {
	if !(mu > 0) || math.IsInf(mu, 0) || !validDelta(delta) {
		return math.NaN()
	}
	if gaussianDelta(mu, 0) <= delta {
		return 0
	}
	low, high := 0.0, 1.0
	for gaussianDelta(mu, high) > delta {
		low, high = high, 2*high
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if gaussianDelta(mu, mid) > delta {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// gaussianDelta is the delta at eps. The second term is made from logarithms,
// because its exponential may overflow.
func gaussianDelta(mu, eps float64) float64 {
	return math.Exp(logPhi(mu/2-eps/mu)) - math.Exp(eps+logPhi(-mu/2-eps/mu))
}

// CLT returns the epsilon at delta that the central limit theorem suggests (Bu
// et al. 2020). It is an approximation from below and not a bound: nothing may
// be promised on it. It is NaN for parameters out of range.
func (s SGD) CLT(delta float64) float64 {
	if s.Validate() != nil {
		return math.NaN()
	}
	return Gaussian(s.Rate*math.Sqrt(float64(s.Steps)*math.Expm1(1/(s.Noise*s.Noise))), delta)
}

func validDelta(d float64) bool { return d > 0 && d < 1 }

// logPhi returns the logarithm of the standard normal distribution function.
func logPhi(x float64) float64 {
	if x > -30 {
		return math.Log(math.Erfc(-x/math.Sqrt2) / 2)
	}
	// The asymptotic series of Mills' ratio; its error is below its last term.
	q := 1 / (x * x)
	return -x*x/2 - math.Log(-x*math.Sqrt(2*math.Pi)) + math.Log1p(q*(-1+q*(3-15*q)))
}

// between returns the standard normal mass in (a, b], without the cancellation
// that a difference from one would bring in the upper tail.
func between(a, b float64) float64 {
	if a > 0 {
		a, b = -b, -a
	}
	return (math.Erfc(-b/math.Sqrt2) - math.Erfc(-a/math.Sqrt2)) / 2
}
