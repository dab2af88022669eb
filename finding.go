package quintain

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Finding is what one check concluded about one target, good news or bad.
type Finding struct {
	Check      string      `json:"check"` // name of the Check
	Target     Target      `json:"target"`
	Outcome    Outcome     `json:"outcome"`
	Severity   Severity    `json:"severity,omitzero"` // set when Outcome is Fail
	Techniques []Technique `json:"techniques,omitempty"`
	Summary    string      `json:"summary"` // one sentence, no full stop
	Evidence   []Evidence  `json:"evidence,omitempty"`

	// Control is the positive control: what the same check concluded about a
	// deliberately weak twin of the target. A Pass without a Control whose
	// Outcome is Fail does not count as resistance, because a test that has
	// never succeeded proves nothing.
	Control *Control `json:"control,omitempty"`
}

// A Control is the result of a check against a target known to be weak.
type Control struct {
	Target  Target   `json:"target"`
	Outcome Outcome  `json:"outcome"`
	Summary string   `json:"summary"`
	Measure *Measure `json:"measure,omitempty"`
}

// Resisted reports whether f shows resistance: a Pass whose positive control
// failed as it should.
func (f *Finding) Resisted() bool {
	return f.Outcome == Pass && f.Control != nil && f.Control.Outcome == Fail
}

// Validate reports every rule that the finding breaks, joined.
func (f *Finding) Validate() error {
	var errs []error
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("finding of %q: "+format, append([]any{f.Check}, args...)...))
	}
	if f.Check == "" || f.Summary == "" {
		fail("no check or no summary")
	}
	if (f.Outcome == Fail || f.Outcome == Pass) && len(f.Evidence) == 0 {
		fail("outcome %s without evidence", f.Outcome)
	}
	if (f.Outcome == Fail) != (f.Severity != None) {
		fail("severity %s with outcome %s", f.Severity, f.Outcome)
	}
	if err := f.Target.Validate(); err != nil {
		fail("%w", err)
	}
	for _, e := range f.Evidence {
		if err := e.validate(); err != nil {
			fail("%w", err)
		}
	}
	return errors.Join(errs...)
}

// Evidence is what a skeptical reader needs to believe a Finding, and to
// produce it again.
type Evidence struct {
	// Summary says in one sentence what the evidence shows.
	Summary string `json:"summary"`

	// Location points into the target: "data.pkl@0x1c", "layer4.1.conv2",
	// "turn 3". Its syntax belongs to the check.
	Location string `json:"location,omitempty"`

	// Excerpt quotes the part that matters, at most [MaxExcerpt] bytes, with
	// secrets redacted. It is hostile text wherever it is shown.
	Excerpt string `json:"excerpt,omitempty"`

	// Measure is set when the evidence is statistical.
	Measure *Measure `json:"measure,omitempty"`

	// Blob names the full bytes (transcript, adversarial input, core of the
	// artifact) kept by the [Recorder].
	Blob Digest `json:"blob,omitzero"`

	// Repro is the command line that produces this evidence again.
	Repro []string `json:"repro,omitempty"`
}

func (e *Evidence) validate() error {
	if e.Summary == "" {
		return errors.New("evidence without a summary")
	}
	if len(e.Excerpt) > MaxExcerpt {
		return fmt.Errorf("excerpt of %d bytes, more than %d", len(e.Excerpt), MaxExcerpt)
	}
	if err := e.Blob.Validate(); err != nil {
		return err
	}
	if e.Measure != nil {
		return e.Measure.Validate()
	}
	return nil
}

// MaxExcerpt is the size limit of [Evidence.Excerpt] in bytes.
const MaxExcerpt = 4 << 10

// Excerpt cuts s to at most [MaxExcerpt] bytes without splitting a rune.
func Excerpt(s string) string {
	if len(s) <= MaxExcerpt {
		return s
	}
	cut := MaxExcerpt - len("…")
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

// A Measure is an observed quantity and how far to trust it. A Measure
// without trials, an interval and a seed is refused by [Measure.Validate].
type Measure struct {
	Name   string  `json:"name"` // such as "attack success rate"
	Value  float64 `json:"value"`
	Trials int     `json:"trials"`
	Low    float64 `json:"low"`    // lower end of the 95% confidence interval
	High   float64 `json:"high"`   // upper end
	Method string  `json:"method"` // how the interval was made: "clopper-pearson", "wilson", "exact"
	Seed   uint64  `json:"seed"`
	Unit   string  `json:"unit,omitempty"` // empty for a proportion
}

// Validate reports whether the measure may be shown.
func (m *Measure) Validate() error {
	switch {
	case m.Name == "" || m.Method == "":
		return errors.New("measure without a name or a method")
	case m.Trials <= 0:
		return fmt.Errorf("measure %q of %d trials", m.Name, m.Trials)
	case math.IsInf(m.Low, 0) || math.IsInf(m.High, 0):
		return fmt.Errorf("measure %q: the interval [%v, %v] has no ends", m.Name, m.Low, m.High)
	case math.IsNaN(m.Low) || math.IsNaN(m.High) || math.IsNaN(m.Value) || m.Low > m.Value || m.Value > m.High:
		return fmt.Errorf("measure %q: %v is outside [%v, %v]", m.Name, m.Value, m.Low, m.High)
	}
	return nil
}

// An Outcome is the verdict of a check. The zero Outcome is Inconclusive, so
// that forgetting to decide never reads as success.
type Outcome int

// The outcomes. SARIF calls them open, fail, pass and notApplicable.
const (
	Inconclusive  Outcome = iota // the check ran but could not decide
	Fail                         // the weakness was demonstrated
	Pass                         // the target resisted a real attempt
	NotApplicable                // the check does not concern this target
)

var outcomeNames = []string{"inconclusive", "fail", "pass", "not-applicable"}

// String returns the outcome as it is written in reports.
func (o Outcome) String() string { return name(outcomeNames, int(o)) }

// MarshalText implements [encoding.TextMarshaler].
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (o *Outcome) UnmarshalText(b []byte) error { return parse(outcomeNames, "outcome", b, (*int)(o)) }

// A Severity says how much a demonstrated weakness matters.
type Severity int

// The severities.
const (
	None Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = []string{"none", "low", "medium", "high", "critical"}

// String returns the severity as it is written in reports.
func (s Severity) String() string { return name(severityNames, int(s)) }

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Severity) UnmarshalText(b []byte) error {
	return parse(severityNames, "severity", b, (*int)(s))
}

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("invalid(%d)", i)
	}
	return names[i]
}

func parse(names []string, what string, b []byte, to *int) error {
	i := slices.Index(names, string(b))
	if i < 0 {
		return fmt.Errorf("unknown %s %q (have %q)", what, b, names)
	}
	*to = i
	return nil
}
