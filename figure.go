package quintain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// FigureType is the media type of a [Figure] that is kept as a blob.
const FigureType = "application/vnd.quintain.figure+json"

// A Figure is evidence to be looked at: curves over axes, or pictures side by
// side. A [Recorder] keeps it as a blob; reports that can draw, draw it, and
// for all others it is data.
type Figure struct {
	Title string `json:"title"`
	X     Axis   `json:"x,omitzero"`
	Y     Axis   `json:"y,omitzero"`
	Lines []Line `json:"lines,omitempty"`
	Pairs []Pair `json:"pairs,omitempty"`
}

// An Axis is one direction of a figure.
type Axis struct {
	Label string  `json:"label"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`          // above Low
	Log   bool    `json:"log,omitempty"` // Low is above 0
}

// A Line joins points, in the order given. Points off the axes are cut off.
type Line struct {
	Name string    `json:"name"`
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`              // as long as X
	Low  []float64 `json:"low,omitempty"`  // lower ends of intervals, as long as X
	High []float64 `json:"high,omitempty"` // upper ends
	Soft bool      `json:"soft,omitempty"` // it is there for comparison, such as chance
}

// A Pair is two pictures of the same size: a row as it was and as it became.
type Pair struct {
	Caption       string `json:"caption"`
	Width, Height int
	Channels      int    `json:"channels"` // 1 for gray, 3 for red, green and blue
	Before, After []byte // a byte for each channel of each pixel, row by row
}

// The limits of a figure.
const (
	maxLines  = 12
	maxPoints = 2000
	maxPairs  = 16
	maxSide   = 256
)

// Validate reports every rule that f breaks, joined. A figure that comes from
// outside is drawn only if it breaks none.
func (f *Figure) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("figure: "+format, args...)) }
	if f.Title == "" || len(f.Lines) == 0 && len(f.Pairs) == 0 {
		fail("no title, or nothing to see")
	}
	if len(f.Lines) > maxLines || len(f.Pairs) > maxPairs {
		fail("%d lines and %d pairs, more than %d and %d", len(f.Lines), len(f.Pairs), maxLines, maxPairs)
		return errors.Join(errs...)
	}
	if len(f.Lines) > 0 {
		for _, a := range []Axis{f.X, f.Y} {
			if a.Label == "" || !finite(a.Low, a.High) || a.Low >= a.High || a.Log && a.Low <= 0 {
				fail("axis %q from %v to %v", a.Label, a.Low, a.High)
			}
		}
	}
	for _, l := range f.Lines {
		switch n := len(l.X); {
		case l.Name == "" || n == 0 || n > maxPoints || len(l.Y) != n:
			fail("line %q with %d and %d coordinates", l.Name, n, len(l.Y))
		case len(l.Low) != len(l.High) || len(l.Low) != 0 && len(l.Low) != n:
			fail("line %q with %d lower and %d upper ends for %d points", l.Name, len(l.Low), len(l.High), n)
		case !finite(l.X...) || !finite(l.Y...) || !finite(l.Low...) || !finite(l.High...):
			fail("line %q goes through what is no number", l.Name)
		}
	}
	for i, p := range f.Pairs {
		size := p.Width * p.Height * p.Channels
		if p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide || p.Channels != 1 && p.Channels != 3 ||
			len(p.Before) != size || len(p.After) != size {
			fail("pair %d of %d by %d pixels with %d channels has %d and %d bytes", i+1, p.Width, p.Height, p.Channels, len(p.Before), len(p.After))
		}
	}
	return errors.Join(errs...)
}

func finite(list ...float64) bool {
	for _, v := range list {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// Attach keeps f as a blob of rec.
func (f *Figure) Attach(ctx context.Context, rec Recorder) (Digest, error) {
	if err := f.Validate(); err != nil {
		return "", err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	return rec.Attach(ctx, FigureType, bytes.NewReader(b))
}
