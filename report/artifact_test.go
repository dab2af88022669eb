package report_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/report"
)

// finding makes a finding about an artifact.
func finding(ref string, o quintain.Outcome, s quintain.Severity, locations ...string) quintain.Finding {
	f := quintain.Finding{Check: "scan/x", Target: quintain.Target{Kind: quintain.KindArtifact, Ref: ref}, Outcome: o, Severity: s, Summary: "x"}
	for _, l := range locations {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: "x", Location: l})
	}
	if o == quintain.Pass {
		f.Control = &quintain.Control{Outcome: quintain.Fail, Summary: "caught"}
	}
	return f
}

// single is what every finding that there can be says alone, the rank of the
// judgment in report.Judgments, or -1 for nothing.
func single() (findings []quintain.Finding, ranks []int) {
	add := func(f quintain.Finding, rank int) { findings, ranks = append(findings, f), append(ranks, rank) }
	for s, rank := range map[quintain.Severity]int{quintain.Low: 2, quintain.Medium: 2, quintain.High: 0, quintain.Critical: 0} {
		add(finding("a", quintain.Fail, s), rank)
	}
	add(finding("a", quintain.Inconclusive, quintain.None), 1)
	add(finding("a", quintain.Pass, quintain.None), 3)
	add(finding("a", quintain.NotApplicable, quintain.None), -1)
	unproved := finding("a", quintain.Pass, quintain.None)
	unproved.Control = nil
	add(unproved, 1)
	blunt := finding("a", quintain.Pass, quintain.None)
	blunt.Control = &quintain.Control{Outcome: quintain.Pass}
	add(blunt, 1)
	return findings, ranks
}

// In every combination of findings the worst decides, in every order.
func TestJudgmentOfAllCombinations(t *testing.T) {
	findings, ranks := single()
	for set := range 1 << len(findings) {
		var list []quintain.Finding
		worst := -1
		for i := range findings {
			if set&(1<<i) == 0 {
				continue
			}
			list = append(list, findings[i])
			if r := ranks[i]; r >= 0 && (worst < 0 || r < worst) {
				worst = r
			}
		}
		want := report.NotAnalyzed
		if worst >= 0 {
			want = report.Judgments[worst]
		}
		got := report.JudgmentOf(list...)
		slices.Reverse(list)
		if back := report.JudgmentOf(list...); got != want || back != want {
			t.Errorf("set %b: got %s and %s backwards, want %s", set, got, back, want)
		}
	}
}

// One more finding never makes a judgment better, except that of nothing.
func TestJudgmentIsMonotone(t *testing.T) {
	findings, _ := single()
	rank := func(list ...quintain.Finding) int { return slices.Index(report.Judgments, report.JudgmentOf(list...)) }
	for _, a := range findings {
		for _, b := range findings {
			if a.Outcome != quintain.NotApplicable && rank(a, b) > rank(a) {
				t.Errorf("%s and %s: better than the first alone", a.Outcome, b.Outcome)
			}
		}
	}
}

func TestArtifacts(t *testing.T) {
	list := []quintain.Finding{
		finding("m/a!b.pt", quintain.Fail, quintain.High, "a!b.pt!x/data.pkl@0x1c"),
		finding("m/a!b.pt", quintain.Inconclusive, quintain.None, "a!b.pt!y!z@0x0", "a!b.pt"),
		finding("m/a!b.pt", quintain.Pass, quintain.None, "a!b.pt!x/data.pkl", "a!b.pt!fine"),
		finding("m/c.pt", quintain.Pass, quintain.None, "c.pt", "c.pt!data.pkl"),
		finding("m", quintain.NotApplicable, quintain.None),
		{Check: "probe/x", Target: quintain.Target{Kind: quintain.KindAgent, Ref: "bot"}, Outcome: quintain.Fail},
	}
	want := []report.Artifact{
		{Ref: "m/a!b.pt", Judgment: report.Malicious, Findings: []int{0, 1, 2}, Members: []report.Member{
			{Path: "x/data.pkl", Judgment: report.Malicious}, {Path: "y!z", Judgment: report.NotAnalyzed}, {Path: "fine", Judgment: report.Clean},
		}},
		{Ref: "m/c.pt", Judgment: report.Clean, Findings: []int{3}, Members: []report.Member{{Path: "data.pkl", Judgment: report.Clean}}},
	}
	if diff := cmp.Diff(want, report.Artifacts(list)); diff != "" {
		t.Error(diff)
	}
}

// A document whose judgments were edited, or that accepts what was not
// demonstrated, is refused.
func TestJudgmentsAreNotTyped(t *testing.T) {
	for name, edit := range map[string]func(*report.Document){
		"as computed":    func(*report.Document) {},
		"a better one":   func(d *report.Document) { d.Artifacts[0].Judgment = report.Clean },
		"one left out":   func(d *report.Document) { d.Artifacts = d.Artifacts[:1] },
		"malicious told": func(d *report.Document) { d.Artifacts[0].Aside = true },
		"doubt accepted": func(d *report.Document) { d.Accepted = []report.Accepted{{Finding: 1}} },
		"none accepted":  func(d *report.Document) { d.Accepted = []report.Accepted{{Finding: 2}} },
		"accepted":       func(d *report.Document) { d.Accepted = []report.Accepted{{Finding: 0}} },
	} {
		d := &report.Document{Schema: report.SchemaName, Complete: true, Gate: report.Gate{FailOn: quintain.Critical + 1, AllowOpen: true, Passed: true}, Findings: []quintain.Finding{
			finding("a", quintain.Fail, quintain.High, "a"), finding("b", quintain.Inconclusive, quintain.None),
		}}
		d.Artifacts = report.Artifacts(d.Findings)
		edit(d)
		err := d.Validate()
		if want := name == "as computed" || name == "accepted"; (err == nil) != want {
			t.Errorf("%s: %s", name, fmt.Sprint(err))
		}
	}
}
