// Package sarif writes a run as SARIF 2.1.0, for code scanning services and
// editors.
//
// Of an assessment every threat is a result, located in the system file, with
// the targets of its findings as related locations; findings that no threat
// rests on are results of their own. Of any other run every finding is one.
package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"quintain"
	"quintain/report"
)

// Format writes SARIF 2.1.0.
var Format = &report.Format{
	Name:  "sarif",
	Doc:   "SARIF 2.1.0, for code scanning services and editors",
	Write: write,
}

const (
	schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	baseID    = "%SRCROOT%"
)

func write(w io.Writer, d *report.Document) error {
	b := newBuilder(d)
	for i := range d.Threats {
		b.threat(&d.Threats[i])
	}
	for _, n := range d.Loose() {
		b.finding(n)
	}
	return report.WriteJSON(w, log{Schema: schemaURI, Version: "2.1.0", Runs: []run{b.run()}})
}

// A builder collects the results of a document and the rules they refer to.
type builder struct {
	d       *report.Document
	rules   []rule
	index   map[string]int // of rules
	taxa    taxa
	results []result
	seen    map[string]int // fingerprints, with how often
}

func newBuilder(d *report.Document) *builder {
	return &builder{d: d, index: make(map[string]int), results: []result{}, seen: make(map[string]int)}
}

func (b *builder) run() run {
	d := b.d
	return run{
		Tool: tool{Driver: toolComponent{
			Name: cmp.Or(report.Line(d.Tool.Name), "quintain"), Version: report.Line(d.Tool.Version), Rules: b.rules, SupportedTaxonomies: b.taxa.refs(),
		}},
		Invocations:       []invocation{b.invocation()},
		AutomationDetails: automation{ID: "quintain/" + report.Line(d.Kind) + "/"},
		Taxonomies:        b.taxa.list,
		Results:           b.results,
		Properties: map[string]any{
			"seed": strconv.FormatUint(d.Seed, 10), "verdict": d.Verdict(), "headline": plain(d.Headline()),
			"failOn": d.Gate.Threshold(), "reasons": plains(d.Gate.Reasons),
		},
	}
}

func (b *builder) invocation() invocation {
	d := b.d
	inv := invocation{CommandLine: report.Shell(d.Command), ExecutionSuccessful: d.Complete && d.Verdict() != report.Undecided}
	add := func(level, msg string) {
		inv.Notifications = append(inv.Notifications, notification{level, text{Text: plain(msg)}})
	}
	if !inv.ExecutionSuccessful {
		add("error", d.Headline())
	}
	for _, s := range d.Steps {
		if s.State != "ran" {
			add("warning", fmt.Sprintf("%s on %s did not run (%s): %s", s.Check, s.Target.Ref, s.State, s.Why))
		}
	}
	return inv
}

// kinds says what each status is in SARIF. Only demonstrated weaknesses fail.
var kinds = map[report.Status]string{
	report.StatusFailed: "fail", report.StatusStale: "review", report.StatusOpen: "open",
	report.StatusAccepted: "open", report.StatusResisted: "pass", report.StatusUnreachable: "notApplicable",
}

func (b *builder) threat(t *report.Threat) {
	r := result{
		Kind:    kinds[t.Status],
		Message: text{Text: plain(fmt.Sprintf("%s: %s. %s: %s", t.ID, t.Title, t.Status, t.Why))},
		Properties: map[string]any{
			"status": t.Status, "severity": t.Severity, "threat": plain(t.ID), "elements": plains(t.Elements),
			"path": plains(t.Path), "mitigations": plains(t.Mitigations), "checks": plains(t.Checks), "reason": plain(t.Reason),
		},
	}
	r.RuleIndex = b.rule(t.Rule, t.Doc, t.Techniques, t.Severity)
	system := "system.yaml"
	if b.d.System != nil {
		system = b.d.System.Ref
	}
	r.Locations = []location{{Physical: place(system), Logical: parts(t.Elements)}}
	for _, n := range t.Findings {
		f := &b.d.Findings[n]
		r.Related = append(r.Related, location{
			ID: len(r.Related) + 1, Physical: place(f.Target.Ref), Logical: parts(spots(f)), Message: &text{Text: plain(f.Check + ": " + f.Summary)},
		})
	}
	r.Suppressions = suppressions(t.Accepted)
	b.add(r, t.Severity, t.Rule, t.ID)
}

func (b *builder) finding(n int) {
	f := &b.d.Findings[n]
	r := result{
		Kind:       [...]string{"open", "fail", "pass", "notApplicable"}[f.Outcome],
		Message:    text{Text: plain(message(f))},
		Locations:  []location{{Physical: place(f.Target.Ref), Logical: parts(spots(f))}},
		Properties: map[string]any{"outcome": f.Outcome, "target": plain(f.Target.String()), "digest": f.Target.Digest},
	}
	var repro []string
	var measures []quintain.Measure
	for _, e := range f.Evidence {
		if len(e.Repro) > 0 {
			repro = append(repro, report.Shell(e.Repro))
		}
		if e.Measure != nil {
			measures = append(measures, *e.Measure)
		}
	}
	if repro != nil {
		r.Properties["repro"] = repro
	}
	if measures != nil {
		r.Properties["measures"] = measures
	}
	if f.Control != nil {
		r.Properties["control"] = f.Control
	}
	r.Suppressions = suppressions(b.d.AcceptedAs(n))
	r.RuleIndex = b.rule(f.Check, "", f.Techniques, f.Severity)
	b.add(r, f.Severity, append([]string{f.Check, string(f.Target.Kind), f.Target.Ref}, spots(f)...)...)
}

// suppressions says that somebody accepted a result, if so.
func suppressions(a *report.Acceptance) []suppression {
	if a == nil {
		return nil
	}
	return []suppression{{"external", "accepted", plain(fmt.Sprintf("%s (by %s, until %s)", a.Why, a.By, a.Until))}}
}

// message is the summary of a finding with the evidence that adds to it.
func message(f *quintain.Finding) string {
	lines := []string{f.Summary}
	for _, e := range f.Evidence {
		if e.Summary != f.Summary {
			lines = append(lines, e.Summary)
		}
		if e.Measure != nil {
			lines = append(lines, report.Describe(e.Measure))
		}
	}
	return strings.Join(lines, "\n")
}

// add completes a result. Its fingerprint is made of what stays when the
// numbers change: rule, target and place, and a count of those that agree in
// all that.
func (b *builder) add(r result, s quintain.Severity, identity ...string) {
	r.RuleID = b.rules[r.RuleIndex].ID
	r.Level = "none"
	if r.Kind == "fail" {
		r.Level = level(s)
	}
	sum := sha256.Sum256([]byte(strings.Join(identity, "\x00")))
	print := hex.EncodeToString(sum[:16])
	b.seen[print]++
	print = fmt.Sprintf("%s:%d", print, b.seen[print])
	r.Fingerprints = map[string]string{"quintain/v1": print, "primaryLocationLineHash": print}
	b.results = append(b.results, r)
}

func level(s quintain.Severity) string {
	switch s {
	case quintain.Critical, quintain.High:
		return "error"
	case quintain.Medium:
		return "warning"
	default:
		return "note"
	}
}
