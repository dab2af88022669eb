package html

import (
	"math"

	"quintain"
	"quintain/report"
)

// A chart draws a measure: its interval as a band on a scale, its value as a
// lozenge on the band. Lengths are in units of the drawing.
type chart struct {
	*quintain.Measure
	Text      string // the measure in words, which says all that is drawn
	Min, Max  string // of the scale
	Low, Span float64
	At        float64
	Ticks     []float64
}

// The scale of a drawing runs from chartLeft over chartWidth units.
const (
	chartLeft  = 8.0
	chartWidth = 264.0
)

// chartOf returns the drawing of m, nil for no measure.
func chartOf(m *quintain.Measure) *chart {
	if m == nil {
		return nil
	}
	lo, hi := 0.0, 1.0
	if m.Unit != "" || m.Low < 0 || m.High > 1 {
		lo, hi = scale(m.Low, m.High)
	}
	at := func(x float64) float64 {
		p := (x - lo) / (hi - lo)
		if math.IsNaN(p) {
			p = 0
		}
		return math.Round(10*(chartLeft+chartWidth*min(max(p, 0), 1))) / 10
	}
	c := &chart{Measure: m, Text: report.Describe(m), Min: report.Number(lo), Max: report.Number(hi), Low: at(m.Low), At: at(m.Value)}
	c.Span = math.Round(10*max(at(m.High)-c.Low, 2)) / 10
	for i := range 5 {
		c.Ticks = append(c.Ticks, chartLeft+chartWidth*float64(i)/4)
	}
	return c
}

// Number returns the value for people.
func (c *chart) Number() string { return report.Number(c.Value) }

// Interval returns the ends of the interval for people.
func (c *chart) Interval() string {
	return report.Number(c.Measure.Low) + " to " + report.Number(c.High)
}

// scale returns round ends for a scale that shows zero, low and high.
func scale(low, high float64) (lo, hi float64) {
	lo, hi = 0-nice(-low), nice(high)
	if lo == hi {
		hi = 1
	}
	return lo, hi
}

// nice rounds x up to 1, 2 or 5 times a power of ten; it is 0 for x <= 0.
func nice(x float64) float64 {
	if x <= 0 {
		return 0
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if x <= m*p {
			return m * p
		}
	}
	return 10 * p
}
