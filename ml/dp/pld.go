package dp

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// A PLD bounds a mechanism by the distribution of its privacy loss, once for a
// row that is taken away and once for one that is added. The losses stand on a
// grid; what lies between two points is shared out to both such that the bound
// is touched at every point and exceeded nowhere (Doroshenko et al. 2022,
// "connect the dots"). So the grid, the tails cut off and the rounding of the
// transform all make the bound worse, never better.
type PLD struct {
	remove, add loss
}

const (
	maxGrid = 1 << 22 // points
	tail    = 1e-15   // mass cut off at either end of a composition
	reach   = 10.     // standard deviations of one step that are on the grid

	rounding = 1e-12 // by which the best test there is may seem too good
)

// PLD returns the bound of s on a grid of the given interval. 1e-4 is customary;
// a smaller one is tighter and slower.
func (s SGD) PLD(interval float64) (*PLD, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !(interval > 0 && interval <= 1) {
		return nil, fmt.Errorf("%w: interval %v, want a number above 0 and at most 1", ErrParameter, interval)
	}
	var p PLD
	for _, d := range []struct {
		to     *loss
		remove bool
	}{{&p.remove, true}, {&p.add, false}} {
		one, err := s.step(interval, d.remove)
		if err != nil {
			return nil, err
		}
		if *d.to, err = one.times(s.Steps); err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// Epsilon returns the bound of epsilon at delta, infinite where there is none.
// It is NaN unless delta is in (0, 1).
func (p *PLD) Epsilon(delta float64) float64 {
	if !validDelta(delta) {
		return math.NaN()
	}
	return max(p.remove.epsilon(delta), p.add.epsilon(delta))
}

// Delta returns the bound of delta at eps, which may be any number.
func (p *PLD) Delta(eps float64) float64 { return max(p.remove.delta(eps), p.add.delta(eps)) }

// Allows reports whether a test that tells data sets with a row from those
// without it may find the row in a share tpr of the former and take it to be
// there in a share fpr of the latter. If it may not, the mechanism is not the
// one that was accounted for. The whole curve is asked, not one point of it.
func (p *PLD) Allows(tpr, fpr float64) bool {
	return p.remove.allows(tpr, fpr) && p.add.allows(1-fpr, 1-tpr)
}

// A loss is a distribution of privacy losses: mass[i] at (first+i)*interval, and
// the rest at infinity.
type loss struct {
	interval float64
	first    int
	mass     []float64
	infinite float64
}

func (l *loss) at(i int) float64 { return float64(l.first+i) * l.interval }

// step returns the loss of one step.
func (s SGD) step(interval float64, remove bool) (loss, error) {
	lossAt := func(x float64) float64 {
		if s.Rate == 1 {
			return (x - 0.5) / (s.Noise * s.Noise)
		}
		return logAdd(math.Log1p(-s.Rate), math.Log(s.Rate)+(x-0.5)/(s.Noise*s.Noise))
	}
	low, high := lossAt(-reach*s.Noise), lossAt(1+reach*s.Noise)
	if !remove {
		low, high = -high, -low
	}
	first, last := math.Floor(low/interval), math.Ceil(high/interval)
	if !(last-first < maxGrid) {
		return loss{}, fmt.Errorf("%w: noise %v needs more than %d points on a grid of %v; take a wider one", ErrParameter, s.Noise, maxGrid, interval)
	}
	l := loss{interval: interval, first: int(first), mass: make([]float64, int(last-first)+1)}
	for i := range len(l.mass) - 1 {
		with, without := s.cell(l.at(i), l.at(i+1))
		if !remove {
			without, with = s.cell(-l.at(i+1), -l.at(i))
		}
		// Both probabilities of the cell are kept, the one as mass at its two
		// ends, the other as mass times e to minus the loss.
		upper := (with - math.Exp(l.at(i))*without) / -math.Expm1(-interval)
		upper = min(max(upper, 0), with)
		l.mass[i] += with - upper
		l.mass[i+1] += upper
	}
	l.infinite = max(0, 1-sum(l.mass)) // what is off the grid
	return l, nil
}

// cell returns the probabilities that the loss of taking a row away is between
// two values: with the row, and without it.
func (s SGD) cell(low, high float64) (with, without float64) {
	a, b := s.outcome(low), s.outcome(high)
	without = between(a/s.Noise, b/s.Noise)
	with = (1-s.Rate)*without + s.Rate*between((a-1)/s.Noise, (b-1)/s.Noise)
	return with, without
}

// outcome returns the outcome of one step that has the given loss.
func (s SGD) outcome(loss float64) float64 {
	over := math.Expm1(loss) + s.Rate
	if s.Rate == 1 {
		return s.Noise*s.Noise*loss + 0.5
	}
	if over <= 0 {
		return math.Inf(-1)
	}
	return s.Noise*s.Noise*(math.Log(over)-math.Log(s.Rate)) + 0.5
}

// times returns the sum of n independent losses.
func (l loss) times(n int) (loss, error) {
	if n == 1 {
		return l, nil
	}
	low, high := l.window(n)
	width := high - low + 1
	if !(width <= maxGrid) {
		return loss{}, fmt.Errorf("%w: the loss of %d steps needs more than %d points on a grid of %v; take a wider one", ErrParameter, n, maxGrid, l.interval)
	}
	size := 1 << bits.Len(uint(width-1))
	x := make([]complex128, size)
	for i, m := range l.mass { // what is wider than the window wraps around, as in the sum
		x[i&(size-1)] += complex(m, 0)
	}
	transform(x)
	for i, z := range x {
		// Conjugate: the transform of a conjugate is the inverse.
		z = power(z, n)
		x[i] = complex(real(z), -imag(z))
	}
	transform(x)
	out := loss{interval: l.interval, first: int(low), mass: make([]float64, int(width))}
	offset := int(low) - n*l.first
	for i := range out.mass {
		out.mass[i] = max(0, real(x[(i+offset)&(size-1)])/float64(size))
	}
	lost := float64(n) * 0x1p-50 // to rounding in the powers
	out.infinite = -math.Expm1(float64(n)*math.Log1p(-l.infinite)) + tail + lost
	return out, nil
}

// window returns between which points of the grid all but a tail of the sum of n
// losses lies, by Chernoff's bound.
func (l *loss) window(n int) (low, high float64) {
	low, high = float64(n)*float64(l.first), float64(n)*float64(l.first+len(l.mass)-1)
	for e := -4.; e <= 7; e++ {
		order := math.Exp2(e)
		up, down := l.logMoment(order), l.logMoment(-order)
		high = min(high, math.Ceil((float64(n)*up-math.Log(tail))/order/l.interval))
		low = max(low, math.Floor(-(float64(n)*down-math.Log(tail))/order/l.interval))
	}
	return low, high
}

// logMoment returns the logarithm of the mean of e to order times the loss,
// where that is finite.
func (l *loss) logMoment(order float64) float64 {
	var s logSum
	for i, m := range l.mass {
		if m > 0 {
			s.add(math.Log(m) + order*l.at(i))
		}
	}
	return s.value()
}

// delta returns the mass of the losses above eps, each less the share that eps
// accounts for.
func (l *loss) delta(eps float64) float64 {
	d := l.infinite
	for i := len(l.mass) - 1; i >= 0 && l.at(i) > eps; i-- {
		d -= l.mass[i] * math.Expm1(eps-l.at(i))
	}
	return min(d, 1)
}

// epsilon returns the smallest eps, not negative, at which delta is enough.
func (l *loss) epsilon(delta float64) float64 {
	if l.infinite > delta {
		return math.Inf(1)
	}
	// Between two points, delta(eps) is above - e^(eps-base) * below.
	above, below, base := l.infinite, 0., l.at(len(l.mass)-1)
	for i := len(l.mass) - 1; i >= 0 && l.at(i) > 0; i-- {
		next := l.at(i)
		below *= math.Exp(next - base)
		base = next
		if above-below > delta {
			return max(0, base+math.Log((above-delta)/below))
		}
		above += l.mass[i]
		below += l.mass[i]
	}
	if below > 0 && above > delta {
		return max(0, base+math.Log((above-delta)/below))
	}
	return 0
}

// allows reports whether a test may have these rates: tpr under the first of the
// two distributions, fpr under the second. The sum below is delta at the point
// of the grid, as one goes down.
func (l *loss) allows(tpr, fpr float64) bool {
	above, below, base := l.infinite, 0., l.at(len(l.mass)-1)
	for i, mass := range slices.Backward(l.mass) {
		next := l.at(i)
		below *= math.Exp(next - base)
		base = next
		if tpr > math.Exp(base)*fpr+above-below+rounding {
			return false
		}
		above += mass
		below += mass
	}
	return true
}

func sum(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s
}
