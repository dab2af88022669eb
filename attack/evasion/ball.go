package evasion

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A Norm says how the changes of single features add up to one distance. The
// zero Norm is L-infinity.
type Norm int

// The norms.
const (
	LInf Norm = iota // the largest change
	L2               // the root of the sum of squares
)

// String returns the name of the norm as flags and reports write it.
func (n Norm) String() string {
	if n == L2 {
		return "l2"
	}
	return "linf"
}

// A Ball is the set of rows that an attacker may turn a row into: no farther
// off than one radius, each feature measured in units of its own, and none
// outside its range, the box.
type Ball struct {
	Norm      Norm
	Radius    []float32 // of each feature, not negative
	Low, High []float32 // the box, in which all rows to be attacked lie
}

// Clip moves the row x into the ball around center and the box.
func (b Ball) Clip(x, center []float32) {
	if b.Norm == L2 {
		b.shrink(x, center)
	}
	for i, c := range center {
		x[i] = min(max(x[i], c-b.Radius[i], b.Low[i]), c+b.Radius[i], b.High[i])
	}
}

// shrink moves x straight toward center until it is within the round ball. The
// box, which holds the center, then takes nothing out of the ball.
func (b Ball) shrink(x, center []float32) {
	for i, r := range b.Radius {
		if r == 0 {
			x[i] = center[i]
		}
	}
	if far := b.Far(x, center); far > 1 {
		for i, c := range center {
			x[i] = c + float32(float64(x[i]-c)/far)
		}
	}
}

// Far returns how far x is from center, in radii. It is infinite if a feature
// changed that may not.
func (b Ball) Far(x, center []float32) float64 {
	var most, sum float64
	for i, c := range center {
		if x[i] == c {
			continue
		}
		d := math.Abs(float64(x[i])-float64(c)) / float64(b.Radius[i])
		most, sum = math.Max(most, d), sum+d*d
	}
	if b.Norm == L2 {
		return math.Sqrt(sum)
	}
	return most
}

// Step moves the row x by share radii along the steepest way up grad, and clips
// it to the ball around center and the box.
func (b Ball) Step(x, grad, center []float32, share float32) {
	if b.Norm == L2 {
		b.slide(x, grad, share)
		b.Clip(x, center)
		return
	}
	for i, g := range grad {
		switch {
		case g > 0:
			x[i] += share * b.Radius[i]
		case g < 0:
			x[i] -= share * b.Radius[i]
		}
	}
	b.Clip(x, center)
}

// slide moves x by share radii of the round ball. What is no number or not
// finite has no direction.
func (b Ball) slide(x, grad []float32, share float32) {
	var sum float64
	for i, g := range grad {
		d := float64(g) * float64(b.Radius[i])
		sum += d * d
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return
	}
	f := float64(share) / math.Sqrt(sum)
	for i, g := range grad {
		r := float64(b.Radius[i])
		x[i] += float32(f * float64(g) * r * r)
	}
}

// Scatter sets x to a uniformly random row of the ball around center, clipped
// to the box.
func (b Ball) Scatter(x, center []float32, rng *rand.Rand) {
	if b.Norm == L2 {
		b.scatterRound(x, center, rng)
		return
	}
	for i, c := range center {
		x[i] = c + (2*rng.Float32()-1)*b.Radius[i]
	}
	b.Clip(x, center)
}

func (b Ball) scatterRound(x, center []float32, rng *rand.Rand) {
	var sum float64
	free := 0
	for i := range center {
		g := rng.NormFloat64()
		x[i] = float32(g)
		if b.Radius[i] > 0 {
			sum += g * g
			free++
		}
	}
	far := math.Pow(rng.Float64(), 1/math.Max(1, float64(free))) / math.Sqrt(math.Max(sum, math.SmallestNonzeroFloat64))
	for i, c := range center {
		x[i] = c + float32(far*float64(x[i]))*b.Radius[i]
	}
	b.Clip(x, center)
}

// slack is how far a row may seem outside of the ball, in units of its size and
// of the radius, because of rounding in single precision.
const slack = 1e-6

// Check returns an error if x is not in the ball around center and the box, as
// far as the rounding of single precision lets one tell.
func (b Ball) Check(x, center []float32) error {
	var sum float64
	for i, c := range center {
		v, room := float64(x[i]), float64(b.Radius[i])
		more := slack * (math.Abs(float64(c)) + room)
		d := math.Abs(v - float64(c))
		if !(d <= room+more) {
			return fmt.Errorf("feature %d moved by %v, farther than %v", i, d, room)
		}
		if x[i] < b.Low[i] || x[i] > b.High[i] {
			return fmt.Errorf("feature %d is %v, outside [%v, %v]", i, v, b.Low[i], b.High[i])
		}
		if d = math.Max(0, d-more); room > 0 {
			sum += d / room * d / room
		}
	}
	if b.Norm == L2 && sum > 1 {
		return fmt.Errorf("the row moved by %v radii, farther than 1", math.Sqrt(sum))
	}
	return nil
}

// Scaled returns the ball with every radius multiplied by f, which is not
// negative. No single feature may change by more than its range.
func (b Ball) Scaled(f float32) Ball {
	out := b
	out.Radius = make([]float32, len(b.Radius))
	for i, r := range b.Radius {
		if out.Radius[i] = f * r; b.Norm == LInf {
			out.Radius[i] = min(out.Radius[i], b.High[i]-b.Low[i])
		}
	}
	return out
}
