package report

import (
	"encoding/json"
	"fmt"

	"quintain"
)

// beyond is the threshold of a gate that nothing fails.
const beyond = quintain.Critical + 1

// Judge decides whether the run passes. An assessment fails on threats at or
// above failOn that were demonstrated or whose evidence is stale, any other run
// on such weaknesses; both fail on what nothing has decided, unless allowOpen,
// and if they broke off.
func (d *Document) Judge(failOn quintain.Severity, allowOpen bool) {
	d.Gate = d.judge(failOn, allowOpen)
}

func (d *Document) judge(failOn quintain.Severity, allowOpen bool) Gate {
	g := Gate{FailOn: failOn, AllowOpen: allowOpen}
	for i := range d.Threats {
		t := &d.Threats[i]
		open := t.Status == StatusOpen && !allowOpen
		if t.Severity >= failOn && (t.Status == StatusFailed || t.Status == StatusStale || open) {
			g.Reasons = append(g.Reasons, fmt.Sprintf("%s %s (%s)", t.ID, t.Status, t.Title))
		}
	}
	g.Reasons = append(g.Reasons, d.weaknesses(failOn, allowOpen)...)
	if !d.Complete {
		g.Reasons = append(g.Reasons, "the run is not complete")
	}
	g.Passed = len(g.Reasons) == 0
	return g
}

// weaknesses lists the findings that fail the gate and that no threat rests on,
// which are all of them where there are no threats. Artifacts that are told aside are one reason together.
func (d *Document) weaknesses(failOn quintain.Severity, allowOpen bool) []string {
	var out []string
	aside, refs := d.asides()
	for _, i := range d.Loose() {
		f := &d.Findings[i]
		open := f.Outcome == quintain.Inconclusive && !allowOpen && !aside[i]
		unproved := f.Outcome == quintain.Pass && !f.Resisted() && !allowOpen && d.Artifacts != nil
		switch {
		case d.AcceptedAs(i) != nil:
		case f.Outcome == quintain.Fail && f.Severity >= failOn:
			out = append(out, fmt.Sprintf("%s: %s (%s)", f.Target.Ref, f.Summary, f.Severity))
		case open:
			out = append(out, fmt.Sprintf("%s: not decided: %s", f.Target.Ref, f.Summary))
		case unproved:
			out = append(out, fmt.Sprintf("%s: %s passes it, but was not seen to fail anything", f.Target.Ref, f.Check))
		}
	}
	if len(refs) > 0 && !allowOpen {
		out = append(out, Aside(refs))
	}
	return out
}

// gateJSON is a [Gate] with its threshold as it is written.
type gateJSON struct {
	FailOn    quintain.Severity `json:"failOn"`
	AllowOpen bool              `json:"allowOpen,omitempty"`
	Passed    bool              `json:"passed"`
	Reasons   []string          `json:"reasons,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (g Gate) MarshalJSON() ([]byte, error) {
	out := gateJSON(g)
	if out.FailOn >= beyond {
		out.FailOn = quintain.None
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements [json.Unmarshaler]. Unknown fields are errors.
func (g *Gate) UnmarshalJSON(b []byte) error {
	var in gateJSON
	if err := strict(b, &in); err != nil {
		return err
	}
	if in.FailOn == quintain.None {
		in.FailOn = beyond
	}
	*g = Gate(in)
	return nil
}

// Threshold returns the severity the gate fails on, "none" if nothing fails.
func (g Gate) Threshold() string {
	if g.FailOn >= beyond {
		return quintain.None.String()
	}
	return g.FailOn.String()
}
