package lab

import (
	"fmt"
	"math"
	"strconv"
)

// Line returns a result as one line: the check, what was measured with its
// interval, what it was held to, and how it moved since the last try. It holds
// text of what was handed in, which is hostile wherever it is shown.
func (r *Result) Line() string {
	id := r.Stage + "/" + r.Check
	switch {
	case r.Fault != nil:
		return id + ": " + r.Fault.Error()
	case r.Type != Metric:
		if r.Reading.Saw == "" {
			return id + ": " + r.What
		}
		return id + ": " + r.What + ": " + r.Reading.Saw
	}
	s := fmt.Sprintf("%s: %s %s", id, r.What, Value(r.Reading))
	s += fmt.Sprintf(", want %s %s", r.Op, Number(r.Limit))
	if r.Before != nil {
		s += ", " + moved(r.Reading.Value-*r.Before)
	}
	if r.Reading.Saw != "" {
		s += " (" + r.Reading.Saw + ")"
	}
	return s
}

func moved(by float64) string {
	if by == 0 {
		return "as at the last try"
	}
	return fmt.Sprintf("%+.3g since the last try", by)
}

// Value returns what was measured with its 95% interval, if it has one. A rate
// of which nothing was seen is given as what the trials can exclude: 0 of 60
// is "<= 5 %", and never "none".
func Value(r Reading) string {
	switch {
	case r.Trials > 0 && r.Value == 0 && r.Low == 0:
		percent := 100 * oneSided(r.Trials)
		if percent >= 1 {
			percent = math.Ceil(percent)
		}
		return fmt.Sprintf("<= %.3g %% (0 of %d)", percent, r.Trials)
	case r.Trials > 0:
		return fmt.Sprintf("%s [%s, %s]", Number(r.Value), Number(r.Low), Number(r.High))
	}
	return Number(r.Value)
}

// oneSided is the rate above which n trials without a hit are as rare as 5 %.
func oneSided(n int) float64 { return 1 - math.Pow(0.05, 1/float64(n)) }

// Number formats a measured number with four digits.
func Number(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }
