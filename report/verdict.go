package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"quintain"
)

// A Verdict is what a run says as a whole.
type Verdict string

// The verdicts.
const (
	Passed     Verdict = "passed"     // the gate
	Failed     Verdict = "failed"     // the gate
	Incomplete Verdict = "incomplete" // the run broke off
	Undecided  Verdict = "undecided"  // no check reached a verdict
)

// Verdict returns the verdict of the run. A run that broke off or decided
// nothing has not passed, whatever its gate says.
func (d *Document) Verdict() Verdict {
	decided := len(d.Threats) > 0 || slices.ContainsFunc(d.Findings, func(f quintain.Finding) bool {
		return f.Outcome == quintain.Pass || f.Outcome == quintain.Fail
	})
	switch {
	case !d.Complete:
		return Incomplete
	case !decided:
		return Undecided
	case !d.Gate.Passed:
		return Failed
	}
	return Passed
}

// Headline states the verdict as one line: "gate failed: 2 threats failed, 1
// open at high or above".
func (d *Document) Headline() string {
	switch d.Verdict() {
	case Incomplete:
		return "incomplete: " + d.Incomplete
	case Undecided:
		return "undecided: no check reached a verdict"
	case Failed:
		return fmt.Sprintf("gate failed for %s", plural(len(d.Gate.Reasons), "reason"))
	case Passed:
	}
	if d.Gate.FailOn >= beyond {
		return "gate passed: nothing was set to fail it"
	}
	return fmt.Sprintf("gate passed: nothing at %s or above stands against it", d.Gate.Threshold())
}

// Summary counts what the run found: "2 failed, 1 open, 4 resisted" of an
// assessment, "1 fail, 3 pass" of any other run.
func (d *Document) Summary() string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if len(d.Threats) > 0 {
		for _, s := range Statuses {
			add(len(d.ByStatus(s)), string(s))
		}
		return plural(len(d.Threats), "threat") + ": " + strings.Join(parts, ", ")
	}
	for _, o := range Outcomes {
		add(len(d.ByOutcome(o)), o.String())
	}
	return strings.TrimSuffix(plural(len(d.Findings), "finding")+": "+strings.Join(parts, ", "), ": ")
}

// Outcomes lists the outcomes in the order of a report, the worst first.
var Outcomes = []quintain.Outcome{quintain.Fail, quintain.Inconclusive, quintain.Pass, quintain.NotApplicable}

// ByStatus returns the threats with a status, the most severe first and
// otherwise in the order of the document.
func (d *Document) ByStatus(s Status) []*Threat {
	var list []*Threat
	for i := range d.Threats {
		if d.Threats[i].Status == s {
			list = append(list, &d.Threats[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *Threat) int { return cmp.Compare(b.Severity, a.Severity) })
	return list
}

// ByOutcome returns the findings with an outcome, the most severe first and
// otherwise in the order of the document.
func (d *Document) ByOutcome(o quintain.Outcome) []*quintain.Finding {
	var list []*quintain.Finding
	for i := range d.Findings {
		if d.Findings[i].Outcome == o {
			list = append(list, &d.Findings[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *quintain.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return list
}

// Loose returns the indexes of the findings that no threat rests on.
func (d *Document) Loose() []int {
	used := make(map[int]bool)
	for _, t := range d.Threats {
		for _, n := range t.Findings {
			used[n] = true
		}
	}
	var list []int
	for n := range d.Findings {
		if !used[n] {
			list = append(list, n)
		}
	}
	return list
}

// Describe prints the measure with its interval, trials and seed: "attack
// success rate 0.31, 95% interval 0.22 to 0.41 (clopper-pearson, 100 trials,
// seed 7)".
func Describe(m *quintain.Measure) string {
	unit := ""
	if m.Unit != "" {
		unit = " " + m.Unit
	}
	return fmt.Sprintf("%s %s%s, 95%% interval %s to %s (%s, %s, seed %d)", m.Name, Number(m.Value), unit,
		Number(m.Low), Number(m.High), m.Method, plural(m.Trials, "trial"), m.Seed)
}

// Number prints a quantity for people, with three significant digits.
func Number(x float64) string { return fmt.Sprintf("%.3g", x) }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
