package web

import (
	"fmt"
	"math"

	"quintain/lab"
	"quintain/report"
)

// A result is what one check of an exercise came to.
type result struct {
	lab.Result

	Gauge *gauge // of a number that was measured, or nil
	Delta string // since the last try
}

// Tone returns the name of the color.
func (r result) Tone() string {
	if r.Passed {
		return "resisted"
	}
	return "failed"
}

// Line says the result in one line.
func (r result) Line() string {
	word := "does not hold"
	if r.Passed {
		word = "holds"
	}
	switch {
	case r.Fault != nil:
		return r.What + ": " + r.Fault.Message
	case r.Gauge != nil:
		return fmt.Sprintf("%s %s: %s, wanted %s", r.What, word, r.Gauge.Number(), r.Gauge.Wanted())
	}
	return r.What + " " + word
}

func resultOf(r lab.Result) result {
	out := result{Result: r}
	if r.Type == lab.Metric && r.Fault == nil {
		out.Gauge = gaugeOf(r)
	}
	if r.Before != nil && r.Fault == nil {
		switch d := r.Reading.Value - *r.Before; {
		case d > 0:
			out.Delta = "up " + report.Number(d) + " since the last try"
		case d < 0:
			out.Delta = "down " + report.Number(-d) + " since the last try"
		default:
			out.Delta = "as at the last try"
		}
	}
	return out
}

// A gauge draws a value with its interval against the limit that it is held
// to. Lengths are in units of the drawing, which is 280 wide.
type gauge struct {
	r                     lab.Result
	Min, Max              string
	At, Low, Span, Limit  float64
	WantX, WantW          float64 // where the value is wanted
	Trials                int
	Method                string
	Seed                  uint64
	LimitText, LimitWords string
}

// The scale of a drawing runs from gaugeLeft over gaugeWidth units.
const (
	gaugeLeft  = 8.0
	gaugeWidth = 264.0
)

func gaugeOf(r lab.Result) *gauge {
	lo, hi := 0.0, 1.0
	low, high := r.Reading.Low, r.Reading.High
	if r.Reading.Trials == 0 {
		low, high = r.Reading.Value, r.Reading.Value
	}
	switch top, bottom := max(high, r.Limit), min(low, r.Limit); {
	case bottom < 0:
		lo, hi = -nice(-bottom), nice(top)
	case top > 1 || top > 0 && top < .25:
		hi = nice(2 * top)
	case bottom > .8:
		lo = .8 // the ends are written at the scale
	case bottom > .5:
		lo = .5
	}
	at := func(x float64) float64 {
		p := min(max((x-lo)/(hi-lo), 0), 1)
		return math.Round(10*(gaugeLeft+gaugeWidth*p)) / 10
	}
	g := &gauge{
		r: r, Min: report.Number(lo), Max: report.Number(hi), At: at(r.Reading.Value), Limit: at(r.Limit), LimitText: report.Number(r.Limit),
		Trials: r.Reading.Trials, Method: r.Reading.Method, Seed: r.Reading.Seed,
	}
	if g.Trials > 0 {
		g.Low = at(low)
		g.Span = math.Round(10*max(at(high)-g.Low, 2)) / 10
	}
	g.WantX, g.WantW = g.Limit, gaugeLeft+gaugeWidth-g.Limit
	if r.Op == lab.AtMost {
		g.WantX, g.WantW = gaugeLeft, g.Limit-gaugeLeft
	}
	return g
}

// Number returns the value for people.
func (g *gauge) Number() string { return report.Number(g.r.Reading.Value) }

// Wanted returns the limit for people.
func (g *gauge) Wanted() string {
	if g.r.Op == lab.AtMost {
		return "at most " + g.LimitText
	}
	return "at least " + g.LimitText
}

// Interval returns the ends of the interval for people.
func (g *gauge) Interval() string {
	return report.Number(g.r.Reading.Low) + " to " + report.Number(g.r.Reading.High)
}

// Text says all that is drawn.
func (g *gauge) Text() string {
	if g.Trials == 0 {
		return fmt.Sprintf("%s %s, wanted %s", g.r.What, g.Number(), g.Wanted())
	}
	return fmt.Sprintf("%s %s, 95%% interval %s, wanted %s", g.r.What, g.Number(), g.Interval(), g.Wanted())
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
