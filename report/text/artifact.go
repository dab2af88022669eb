package text

import (
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/report"
)

// column is where what is said about an artifact begins.
const column = 16

// artifacts lists what was scanned, the worst first: a line for each artifact
// and a line for each finding against it. Artifacts told aside share a line.
func (p *page) artifacts(d *report.Document) {
	var counts, aside []string
	for _, j := range report.Judgments {
		n := 0
		for _, a := range d.Artifacts {
			if a.Judgment == j {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, j))
		}
	}
	if len(d.Accepted) > 0 {
		counts = append(counts, fmt.Sprintf("%d of the findings accepted", len(d.Accepted)))
	}
	p.line(0, "ARTIFACTS (%d): %s", len(d.Artifacts), strings.Join(counts, ", "))
	for _, j := range report.Judgments {
		for i := range d.Artifacts {
			a := &d.Artifacts[i]
			switch {
			case a.Judgment != j:
			case a.Aside:
				aside = append(aside, a.Ref)
			default:
				p.artifact(d, a)
			}
		}
		if len(aside) > 0 {
			p.hang("  "+string(j), column, report.Aside(aside))
			aside = nil
		}
	}
	p.line(0, "")
}

// artifact adds one artifact and what its judgment rests on.
func (p *page) artifact(d *report.Document, a *report.Artifact) {
	var passed []string
	for _, n := range a.Findings {
		if f := &d.Findings[n]; f.Outcome == quintain.Pass {
			passed = append(passed, f.Check)
		}
	}
	says := a.Ref
	if a.Judgment == report.Clean {
		says += ": " + strings.Join(passed, ", ")
	}
	p.hang("  "+string(a.Judgment), column, says)
	for _, o := range []quintain.Outcome{quintain.Fail, quintain.Inconclusive} {
		list := slices.DeleteFunc(slices.Clone(a.Findings), func(n int) bool { return d.Findings[n].Outcome != o })
		slices.SortStableFunc(list, func(x, y int) int { return int(d.Findings[y].Severity) - int(d.Findings[x].Severity) })
		for _, n := range list {
			p.against(&d.Findings[n], d.AcceptedAs(n))
		}
	}
}

// against adds a finding against an artifact: how bad, where, and what.
func (p *page) against(f *quintain.Finding, accepted *report.Acceptance) {
	lead := "    " + f.Severity.String()
	if f.Outcome == quintain.Inconclusive {
		lead = "    undecided"
	}
	says := fmt.Sprintf("%s (%s)", f.Summary, f.Check)
	if len(f.Evidence) > 0 && f.Evidence[0].Location != "" {
		says = f.Evidence[0].Location + ": " + says
	}
	p.hang(lead, column, says)
	if len(f.Evidence) > 0 && f.Outcome == quintain.Fail && f.Evidence[0].Excerpt != "" {
		p.quote(f.Evidence[0].Excerpt)
	}
	if accepted != nil {
		p.hang("", column, accepted.String())
	}
}
