package lab_test

import (
	"testing"

	"quintain/lab"
)

// TestValue holds "nothing seen" to what the trials can exclude.
func TestValue(t *testing.T) {
	for want, r := range map[string]lab.Reading{
		"<= 5 % (0 of 60)":        lab.Rate(0, 60, 1),
		"<= 14 % (0 of 20)":       lab.Rate(0, 20, 1),
		"<= 0.0499 % (0 of 6000)": lab.Rate(0, 6000, 1),
		"0.5 [0.3681, 0.6319]":    lab.Rate(30, 60, 1),
		"3":                       {Value: 3},
		"1 [0.9404, 1]":           lab.Rate(60, 60, 1),
	} {
		if got := lab.Value(r); got != want {
			t.Errorf("Value(%+v) = %q, want %q", r, got, want)
		}
	}
}

// TestLine wants value, limit, and how it moved.
func TestLine(t *testing.T) {
	before := 0.5
	for want, r := range map[string]lab.Result{
		"a/recall: recall 0.75, want >= 0.9, +0.25 since the last try": {Stage: "a", Check: "recall", Type: lab.Metric, What: "recall", Op: lab.AtLeast, Limit: 0.9, Reading: lab.Reading{Value: 0.75}, Before: &before},
		"a/x: answer.yaml:3: broken":                                   {Stage: "a", Check: "x", Fault: &lab.Fault{File: "answer.yaml", Line: 3, Message: "broken"}},
		"b/y: nothing left: 3 mails":                                   {Stage: "b", Check: "y", Type: lab.NoEvent, What: "nothing left", Reading: lab.Verdict(false, "3 mails")},
	} {
		if got := r.Line(); got != want {
			t.Errorf("Line = %q, want %q", got, want)
		}
	}
}
