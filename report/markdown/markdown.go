// Package markdown writes a run as a comment on a pull request.
package markdown

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"quintain"
	"quintain/report"
)

// Format writes GitHub Flavored Markdown that fits into one comment.
var Format = &report.Format{
	Name:  "markdown",
	Doc:   "a comment on a pull request",
	Write: write,
}

const (
	maxRows = 30       // of one table; the rest is counted
	maxText = 220      // runes of one cell
	maxSize = 40 << 10 // bytes, after which no row is added; a comment may have 65536 characters
)

func write(w io.Writer, d *report.Document) error {
	p := &page{}
	p.head(d)
	if len(d.Threats) > 0 {
		p.threats(d, "needs attention", report.StatusFailed, report.StatusStale, report.StatusOpen)
		p.threats(d, "settled", report.StatusAccepted, report.StatusResisted, report.StatusUnreachable)
	} else {
		p.findings(d, "needs attention", quintain.Fail, quintain.Inconclusive)
		p.findings(d, "settled", quintain.Pass, quintain.NotApplicable)
	}
	p.foot(d)
	_, err := w.Write(p.Bytes())
	return err
}

type page struct{ bytes.Buffer }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

var banners = map[report.Verdict]string{
	report.Passed:     "✅ Gate passed",
	report.Failed:     "❌ Gate failed",
	report.Incomplete: "⚠️ Incomplete",
	report.Undecided:  "❔ Undecided",
}

func (p *page) head(d *report.Document) {
	subject := d.Kind
	if d.System != nil {
		subject = d.System.Name
	}
	p.printf("## %s: %s\n\n", banners[d.Verdict()], inline(subject))
	if !d.Complete {
		p.printf("**This run broke off and is not the whole picture:** %s\n\n", inline(d.Incomplete))
	}
	p.printf("%s.\n", inline(d.Summary()))
	for i, r := range d.Gate.Reasons {
		if i == 0 {
			p.printf("\n")
		}
		if i == maxRows {
			p.printf("- and %d more\n", len(d.Gate.Reasons)-i)
			break
		}
		p.printf("- %s\n", inline(r))
	}
}

func (p *page) threats(d *report.Document, title string, statuses ...report.Status) {
	var rows [][]string
	for _, s := range statuses {
		for _, t := range d.ByStatus(s) {
			rows = append(rows, []string{icons[string(s)] + " " + string(s), t.Severity.String(), code(t.ID) + "<br>" + inline(t.Title), inline(t.Why)})
		}
	}
	p.table(title, title == "settled", []string{"Status", "Severity", "Threat", "Why"}, rows)
}

func (p *page) findings(d *report.Document, title string, outcomes ...quintain.Outcome) {
	var rows [][]string
	for _, o := range outcomes {
		for _, f := range d.ByOutcome(o) {
			severity := ""
			if o == quintain.Fail {
				severity = f.Severity.String()
			}
			rows = append(rows, []string{icons[o.String()] + " " + o.String(), severity, code(f.Check) + "<br>" + inline(f.Target.Ref), said(f, d.AcceptanceOf(f))})
		}
	}
	p.table(title, title == "settled", []string{"Outcome", "Severity", "Check and target", "Finding"}, rows)
}

// said is what a finding says, with where and how much, and who accepted it.
func said(f *quintain.Finding, accepted *report.Acceptance) string {
	lines := []string{inline(f.Summary)}
	if accepted != nil {
		lines = append(lines, icons["accepted"]+" "+inline(accepted.String()))
	}
	for _, e := range f.Evidence[:min(len(f.Evidence), 3)] {
		if e.Location != "" {
			lines = append(lines, "at "+code(e.Location))
		}
		if e.Measure != nil {
			lines = append(lines, inline(report.Describe(e.Measure)))
		}
	}
	return strings.Join(lines, "<br>")
}

var icons = map[string]string{
	"failed": "❌", "stale": "⌛", "open": "❔", "accepted": "✍️", "resisted": "✅", "unreachable": "➖",
	"fail": "❌", "inconclusive": "❔", "pass": "✅", "not-applicable": "➖",
}

// table adds a table, folded away if there is nothing to do about it.
func (p *page) table(title string, folded bool, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	if folded {
		p.printf("\n<details><summary>%s (%d)</summary>\n", title, len(rows))
	}
	p.printf("\n| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	n := 0
	for ; n < min(len(rows), maxRows) && p.Len() < maxSize; n++ {
		p.printf("| %s |\n", strings.Join(rows[n], " | "))
	}
	if n < len(rows) {
		p.printf("\nand %d more\n", len(rows)-n)
	}
	if folded {
		p.printf("\n</details>\n")
	}
}

func (p *page) foot(d *report.Document) {
	p.printf("\n<sub>%s, seed %d, fails on %s, %s</sub>\n", inline(d.Tool.Name+" "+d.Tool.Version), d.Seed, d.Gate.Threshold(), code(report.Shell(d.Command)))
}

var (
	special = regexp.MustCompile("[\\\\`*_{}\\[\\]#|~>]")
	start   = regexp.MustCompile(`^(\d*)([-+.)=])`) // of a list, a rule or an underline
)

// inline makes s text and nothing else: no markup, no link, no mention.
func inline(s string) string {
	s = report.Clip(report.Line(s), maxText)
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(s)
	s = start.ReplaceAllString(special.ReplaceAllString(s, `\$0`), `$1\$2`)
	return breaks.Replace(s)
}

// breaks keeps services from turning text into mentions, references and links
// after the Markdown is done.
var breaks = strings.NewReplacer("@", "@<!-- -->", `\#`, `\#<!-- -->`, "://", ":<!-- -->//", `www.`, `www<!-- -->.`)

// entities spells out what would be markup inside an HTML element.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", `\`, "&#92;",
	"*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "~", "&#126;", "#", "&#35;<!-- -->")

// code returns s as code that fits into a table cell.
func code(s string) string {
	s = report.Clip(report.Line(s), maxText)
	return "<code>" + breaks.Replace(entities.Replace(s)) + "</code>"
}
