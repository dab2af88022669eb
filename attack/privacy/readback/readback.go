// Package readback is the attacker who wants to see what a model takes for
// typical of a class: it climbs to a row that the model is sure of. An audit,
// which compares what is found with the training data, is the business of the
// attack named inversion.
package readback

import (
	"context"
	"errors"
	"fmt"
	"math"

	"quintain/ml"
)

// Options say how to climb.
type Options struct {
	Class int
	Side  int // of the square image that a row is; 0 if it is none, and cannot be blurred

	Steps int     // gradients to follow, at least 1
	Rate  float64 // length of a step in units of the range from 0 to 1, above 0
	Blur  float64 // from 0 to below 1: how much of each pixel its neighbors give after a step
}

func (o *Options) check(s ml.Spec) error {
	switch {
	case o.Class < 0 || o.Class >= s.Classes:
		return fmt.Errorf("class is %d, and the model has classes 0 to %d", o.Class, s.Classes-1)
	case o.Steps < 1 || !(o.Rate > 0) || math.IsInf(o.Rate, 1):
		return fmt.Errorf("%d steps of rate %v, want numbers above 0", o.Steps, o.Rate)
	case !(o.Blur >= 0 && o.Blur < 1):
		return fmt.Errorf("blur is %v, want a number from 0 to below 1", o.Blur)
	case o.Blur > 0 && o.Side*o.Side != s.Dim():
		return fmt.Errorf("rows of %d features are no image of %d by %d, and cannot be blurred", s.Dim(), o.Side, o.Side)
	}
	return nil
}

// Climb returns a row of features from 0 to 1 that m is sure to be of a class,
// and its probability. It follows the gradient of the log odds with steps of
// equal length, and blurs the image between them, since what a camera sees is smooth
// and what a gradient finds is not (Fredrikson, Jha & Ristenpart 2015, MI-Face).
func Climb(ctx context.Context, m ml.Model, o Options) ([]float32, float64, error) {
	if err := o.check(m.Spec()); err != nil {
		return nil, 0, err
	}
	dim := m.Spec().Dim()
	b := ml.Batch{X: make([]float32, dim), Dim: dim, Y: []int32{int32(o.Class)}}
	for i := range b.X {
		b.X[i] = 0.5
	}
	dx, p := make([]float32, dim), 0.0
	for range o.Steps {
		err := m.VJP(ctx, b, func(_ int, z, dz []float32) {
			// The loss is the log odds against the class, so p follows from it.
			p = 1 / (1 + math.Exp(ml.CrossEntropy(z, o.Class, dz)))
		}, dx)
		if err != nil {
			return nil, 0, fmt.Errorf("follow the gradient: %w", err)
		}
		var length float64
		for _, g := range dx {
			length += float64(g) * float64(g)
		}
		length = math.Sqrt(length)
		switch {
		case math.IsNaN(length) || math.IsNaN(p):
			return nil, 0, errors.New("what the model says is not a number")
		case length == 0:
			return b.X, p, nil
		}
		for i, g := range dx {
			b.X[i] = float32(min(max(float64(b.X[i])-o.Rate*float64(g)/length, 0), 1))
		}
		if o.Blur > 0 {
			blur(b.X, o.Side, float32(o.Blur))
		}
	}
	return b.X, p, nil
}

// blur gives every pixel a share of the mean of its neighbors.
func blur(x []float32, side int, share float32) {
	old := append([]float32(nil), x...)
	for i := range x {
		var sum, n float32
		for _, d := range [][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
			r, c := i/side+d[0], i%side+d[1]
			if r >= 0 && r < side && c >= 0 && c < side {
				sum, n = sum+old[r*side+c], n+1
			}
		}
		if n > 0 {
			x[i] = (1-share)*old[i] + share*sum/n
		}
	}
}
