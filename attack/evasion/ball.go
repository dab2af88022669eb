package evasion

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A Ball is the set of rows that an attacker may turn a row into: no feature
// moves by more than its radius (an L-infinity ball in units of each feature),
// and none leaves its range, the box.
type Ball struct {
	Radius    []float32 // of each feature, not negative
	Low, High []float32 // the box, in which all rows to be attacked lie
}

// Clip moves the row x into the ball around center and the box.
func (b Ball) Clip(x, center []float32) {
	for i, c := range center {
		x[i] = min(max(x[i], c-b.Radius[i], b.Low[i]), c+b.Radius[i], b.High[i])
	}
}

// Step moves the row x along the sign of grad by share of each radius, and
// clips it to the ball around center and the box.
func (b Ball) Step(x, grad, center []float32, share float32) {
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

// Scatter sets x to a uniformly random row of the ball around center and the
// box.
func (b Ball) Scatter(x, center []float32, rng *rand.Rand) {
	for i, c := range center {
		x[i] = c + (2*rng.Float32()-1)*b.Radius[i]
	}
	b.Clip(x, center)
}

// slack is how far a row may seem outside of the ball, in units of its size and
// of the radius, because of rounding in single precision.
const slack = 1e-6

// Check returns an error if x is not in the ball around center and the box, as
// far as the rounding of single precision lets one tell.
func (b Ball) Check(x, center []float32) error {
	for i, c := range center {
		v, room := float64(x[i]), float64(b.Radius[i])
		more := slack * (math.Abs(float64(c)) + room)
		if d := math.Abs(v - float64(c)); !(d <= room+more) {
			return fmt.Errorf("feature %d moved by %v, farther than %v", i, d, room)
		}
		if x[i] < b.Low[i] || x[i] > b.High[i] {
			return fmt.Errorf("feature %d is %v, outside [%v, %v]", i, v, b.Low[i], b.High[i])
		}
	}
	return nil
}

// scaled returns the ball with every radius multiplied by f, but no larger
// than the range of the feature.
func (b Ball) scaled(f float32) Ball {
	out := b
	out.Radius = make([]float32, len(b.Radius))
	for i, r := range b.Radius {
		out.Radius[i] = min(f*r, b.High[i]-b.Low[i])
	}
	return out
}
