// Package junit writes a run as JUnit XML, for build servers.
//
// A weakness that was demonstrated is a failure. What has no verdict is an
// error, because silence is never a pass: threats that are open or stale,
// checks that were inconclusive, a run that broke off. What was accepted, is
// unreachable, or does not apply is skipped.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"quintain"
	"quintain/report"
	"quintain/taxonomy"
)

// Format writes JUnit XML: a suite per ATLAS tactic of an assessment, or per
// target of any other run.
var Format = &report.Format{
	Name:  "junit",
	Doc:   "JUnit XML, for build servers; what has no verdict is an error",
	Write: write,
}

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	counts
	Suites []*suite `xml:"testsuite"`
}

type counts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Cases []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Failure *detail `xml:"failure"`
	Error   *detail `xml:"error"`
	Skipped *detail `xml:"skipped"`
	Out     *output `xml:"system-out"`
}

type detail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

type output struct {
	Text string `xml:",cdata"`
}

func write(w io.Writer, d *report.Document) error {
	s := &suites{Name: report.Line(strings.Join(d.Command, " "))}
	if v := d.Verdict(); v == report.Incomplete || v == report.Undecided {
		s.add("run", testcase{Class: "run", Name: "reaches a verdict", Error: &detail{Message: report.Line(d.Headline()), Type: string(v)}})
	}
	for i := range d.Threats {
		s.add(tactic(d.Threats[i].Techniques), threat(d, &d.Threats[i]))
	}
	for _, n := range d.Loose() {
		s.add(d.Findings[n].Target.String(), finding(&d.Findings[n], d.AcceptedAs(n)))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds a case to the suite of that name and counts it.
func (s *suites) add(name string, c testcase) {
	name = report.Line(name)
	var to *suite
	for _, have := range s.Suites {
		if have.Name == name {
			to = have
		}
	}
	if to == nil {
		to = &suite{Name: name}
		s.Suites = append(s.Suites, to)
	}
	to.Cases = append(to.Cases, c)
	for _, n := range []*counts{&s.counts, &to.counts} {
		n.Tests++
		switch {
		case c.Failure != nil:
			n.Failures++
		case c.Error != nil:
			n.Errors++
		case c.Skipped != nil:
			n.Skipped++
		}
	}
}

// tactic names the first ATLAS tactic that the techniques serve.
func tactic(list []quintain.Technique) string {
	for _, t := range list {
		for _, id := range taxonomy.TacticsOf(string(t)) {
			return taxonomy.Short(id)
		}
	}
	return "no tactic"
}

func threat(d *report.Document, t *report.Threat) testcase {
	c := testcase{Class: report.Line(t.Rule), Name: report.Line(t.ID + ": " + t.Title)}
	lines := []string{t.Reason}
	for _, n := range t.Findings {
		lines = append(lines, say(&d.Findings[n])...)
	}
	told := &detail{Message: report.Line(t.Why), Type: string(t.Status), Text: body(lines)}
	switch t.Status {
	case report.StatusFailed:
		told.Type = t.Severity.String()
		c.Failure = told
	case report.StatusOpen, report.StatusStale:
		c.Error = told
	case report.StatusAccepted, report.StatusUnreachable:
		c.Skipped = told
	case report.StatusResisted:
		c.Out = &output{body(append([]string{t.Why}, lines...))}
	}
	return c
}

func finding(f *quintain.Finding, accepted *report.Acceptance) testcase {
	c := testcase{Class: report.Line(f.Check), Name: report.Line(f.Check + " on " + f.Target.Ref)}
	told := &detail{Message: report.Line(f.Summary), Type: f.Outcome.String(), Text: body(say(f))}
	if accepted != nil {
		told.Type, told.Message = string(report.StatusAccepted), report.Line(accepted.String()+": "+f.Summary)
		c.Skipped = told
		return c
	}
	switch f.Outcome {
	case quintain.Fail:
		told.Type = f.Severity.String()
		c.Failure = told
	case quintain.Inconclusive:
		c.Error = told
	case quintain.NotApplicable:
		c.Skipped = told
	case quintain.Pass:
		c.Out = &output{told.Text}
	}
	return c
}

// say returns a finding with its evidence as lines.
func say(f *quintain.Finding) []string {
	lines := []string{fmt.Sprintf("%s on %s: %s: %s", f.Check, f.Target.Ref, f.Outcome, f.Summary)}
	for _, e := range f.Evidence {
		lines = append(lines, strings.TrimPrefix(e.Location+": "+e.Summary, ": "))
		if e.Measure != nil {
			lines = append(lines, report.Describe(e.Measure))
		}
		if len(e.Repro) > 0 {
			lines = append(lines, "$ "+report.Shell(e.Repro))
		}
	}
	return lines
}

func body(lines []string) string {
	for i, l := range lines {
		lines[i] = report.Line(l)
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
