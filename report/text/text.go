// Package text writes a run for a terminal of 80 to 100 columns.
package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"quintain"
	"quintain/report"
)

// Format writes the verdict first, then what it rests on, worst first.
var Format = &report.Format{
	Name:  "text",
	Doc:   "for a terminal: the verdict, what it rests on, and the counts",
	Write: write,
}

// width is the number of columns that lines are wrapped to. Words that are
// longer, and commands, which must stay whole, may exceed it.
const width = 92

func write(w io.Writer, d *report.Document) error {
	p := &page{}
	p.verdict(d)
	for _, s := range report.Statuses {
		p.threats(d, s)
	}
	if d.Artifacts != nil {
		p.artifacts(d)
	} else {
		for _, o := range report.Outcomes {
			p.findings(d, o)
		}
	}
	p.steps(d)
	p.hang("", 0, fmt.Sprintf("%s; seed %d; %s", d.Summary(), d.Seed, d.Headline()))
	_, err := w.Write(p.b.Bytes())
	return err
}

// A page collects lines.
type page struct{ b bytes.Buffer }

// line adds a formatted line as it is, except that what a build server would
// take for a command to itself ("::error::", "##[error]") is spelled out.
func (p *page) line(indent int, format string, args ...any) {
	s := report.Line(fmt.Sprintf(format, args...))
	s = strings.ReplaceAll(s, "##[", `#\x23[`)
	if t := strings.TrimLeft(s, " "); strings.HasPrefix(t, "::") {
		s = s[:len(s)-len(t)] + `\x3a` + t[1:]
	}
	p.b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+s, " ") + "\n")
}

// hang adds lead and then s, wrapped into the columns from indent on.
func (p *page) hang(lead string, indent int, s string) {
	lead = report.Line(lead)
	if n := len([]rune(lead)); n >= indent {
		p.line(0, "%s", lead)
		lead = ""
	}
	for _, l := range wrap(report.Line(s), width-indent) {
		p.line(0, "%s", lead+strings.Repeat(" ", indent-len([]rune(lead)))+l)
		lead = ""
	}
}

// wrap breaks s into lines of at most n runes, between words where it can.
func wrap(s string, n int) []string {
	var lines []string
	var cur []rune
	for word := range strings.FieldsSeq(s) {
		w := []rune(word)
		if len(cur) > 0 && len(cur)+1+len(w) > n {
			lines = append(lines, string(cur))
			cur = nil
		}
		if len(cur) > 0 {
			cur = append(cur, ' ')
		}
		cur = append(cur, w...)
		for len(cur) > n {
			lines = append(lines, string(cur[:n]))
			cur = cur[n:]
		}
	}
	return append(lines, string(cur))
}

var banners = map[report.Verdict]string{
	report.Passed:     "GATE PASSED",
	report.Failed:     "GATE FAILED",
	report.Incomplete: "INCOMPLETE",
	report.Undecided:  "UNDECIDED",
}

func (p *page) verdict(d *report.Document) {
	subject := d.Kind
	if d.System != nil {
		subject += " of " + d.System.Name + " (" + d.System.Ref + ")"
	}
	p.line(0, "%s  %s", banners[d.Verdict()], subject)
	if !d.Complete {
		p.hang("", 2, "This run broke off and is not the whole picture: "+d.Incomplete)
	}
	for _, r := range d.Gate.Reasons {
		p.hang("  -", 4, r)
	}
	if d.Gate.Passed && d.Complete {
		p.line(2, "%s", d.Headline())
	}
	p.line(0, "")
}

// heading names a group and says how many are in it.
func (p *page) heading(name string, n int) { p.line(0, "%s (%d)", strings.ToUpper(name), n) }

// indent is the column of what is said about a threat or a finding.
const indent = 12

func (p *page) threats(d *report.Document, s report.Status) {
	list := d.ByStatus(s)
	if len(list) == 0 {
		return
	}
	p.heading(string(s), len(list))
	for _, t := range list {
		p.hang("  "+t.Severity.String(), indent, t.ID+": "+t.Title)
		p.hang("", indent, t.Why)
		for _, n := range t.Findings {
			if f := d.Findings[n]; t.Status == report.StatusFailed && f.Outcome == quintain.Fail {
				p.repro(&f)
			}
		}
	}
	p.line(0, "")
}

// findings lists the findings of a run without threats; in an assessment the
// threats speak for them.
func (p *page) findings(d *report.Document, o quintain.Outcome) {
	list := d.ByOutcome(o)
	if len(list) == 0 || len(d.Threats) > 0 {
		return
	}
	p.heading(o.String(), len(list))
	if o == quintain.NotApplicable {
		p.hang("", 2, strings.Join(names(list), ", "))
		p.line(0, "")
		return
	}
	for _, f := range list {
		lead := ""
		if f.Outcome == quintain.Fail {
			lead = "  " + f.Severity.String()
		}
		p.hang(lead, indent, f.Check+" on "+f.Target.Ref)
		p.hang("", indent, f.Summary)
		for i := range f.Evidence {
			p.evidence(&f.Evidence[i], f.Summary)
		}
		if f.Outcome == quintain.Pass {
			p.control(f)
		}
		p.repro(f)
	}
	p.line(0, "")
}

// evidence adds one piece of evidence, unless it repeats the finding.
func (p *page) evidence(e *quintain.Evidence, said string) {
	var parts []string
	for _, s := range []string{e.Location, e.Summary} {
		if s != "" && s != said {
			parts = append(parts, s)
		}
	}
	if len(parts) > 0 {
		p.hang(strings.Repeat(" ", indent)+"-", indent+2, strings.Join(parts, ": "))
	}
	if e.Excerpt != "" {
		p.quote(e.Excerpt)
	}
	if e.Measure != nil {
		p.hang("", indent+2, report.Describe(e.Measure))
	}
}

// maxQuote is how many lines of an excerpt are quoted.
const maxQuote = 6

func (p *page) quote(s string) {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i, l := range lines {
		if i == maxQuote {
			p.line(indent+2, "> (%d more lines)", len(lines)-i)
			return
		}
		p.line(indent+2, "> %s", report.Clip(report.Line(l), width-indent-4))
	}
}

func (p *page) control(f *quintain.Finding) {
	if f.Resisted() {
		p.hang("", indent, "positive control: "+f.Control.Summary)
		return
	}
	p.hang("", indent, "no positive control: this is not resistance")
}

// repro adds the first command that makes the evidence again.
func (p *page) repro(f *quintain.Finding) {
	for _, e := range f.Evidence {
		if len(e.Repro) > 0 {
			p.line(indent, "$ %s", report.Shell(e.Repro))
			return
		}
	}
}

func (p *page) steps(d *report.Document) {
	var idle []report.Step
	for _, s := range d.Steps {
		if s.State != "ran" {
			idle = append(idle, s)
		}
	}
	if len(idle) == 0 {
		return
	}
	p.heading("checks that did not run", len(idle))
	for _, s := range idle {
		p.hang("  "+s.State, indent, s.Check+" on "+s.Target.Ref+": "+s.Why)
	}
	p.line(0, "")
}

// names lists the checks of findings, each once, with how often it occurs.
func names(list []*quintain.Finding) []string {
	count := make(map[string]int)
	var order []string
	for _, f := range list {
		if count[f.Check]++; count[f.Check] == 1 {
			order = append(order, f.Check)
		}
	}
	for i, name := range order {
		if count[name] > 1 {
			order[i] = fmt.Sprintf("%s (%d times)", name, count[name])
		}
	}
	return order
}
