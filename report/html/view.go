package html

import (
	"cmp"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"quintain"
	"quintain/report"
	"quintain/taxonomy"
)

// A view is a document in the words and the order of the page.
type view struct {
	Title       string // of the window
	Kind        string // "Assessment"
	Subject     string // what was tested
	Ref         string
	Description string

	Verdict    report.Verdict
	Word       string // the verdict, for people
	Headline   string
	Incomplete string
	Reasons    []string
	More       int // reasons that are not shown

	Tally      []count
	Top        []*threat
	Tactics    []tacticRow
	Columns    []state // of the table of tactics
	Diagram    template.HTML
	NoDiagram  string // why it is left out
	Threats    []group
	Artifacts  []artifact
	Findings   []group
	Idle       []report.Step // that did not run
	Components []component
	Facts      []fact
	Command    string
}

// A state is a status or an outcome with its sign.
type state struct {
	Name string
	Icon string // name of the sign and the color: a status, or "pass"
	Doc  string
}

// A count is how many there are in a state.
type count struct {
	state
	N  int
	X  int // how many come before
	To string
}

// A group is what shares a state.
type group struct {
	state
	Threats  []*threat
	Findings []*finding
}

// N returns how many are in the group.
func (g group) N() int { return len(g.Threats) + len(g.Findings) }

// Folded reports whether the group is good news, and too much of it to unfold.
func (g group) Folded() bool {
	return (g.Icon == "pass" || g.Icon == string(report.StatusUnreachable)) && g.N() > 8
}

type fact struct{ Name, Text string }

type component struct {
	quintain.Component
	Properties []fact
}

var states = map[report.Status]string{
	report.StatusFailed:      "the weakness was demonstrated",
	report.StatusStale:       "there is evidence, but about other bytes than there are now",
	report.StatusOpen:        "nothing has settled it",
	report.StatusAccepted:    "somebody decided to live with it, until a date",
	report.StatusResisted:    "real attempts failed that beat a weak twin",
	report.StatusUnreachable: "the graph of the system rules it out",
}

var outcomes = map[quintain.Outcome]state{
	quintain.Fail:          {"fail", "failed", "the weakness was demonstrated"},
	quintain.Inconclusive:  {"inconclusive", "open", "the check ran but could not decide"},
	quintain.Pass:          {"pass", "pass", "the target withstood the check"},
	quintain.NotApplicable: {"not applicable", "unreachable", "the check does not concern this target"},
}

func stateOf(s report.Status) state { return state{string(s), string(s), states[s]} }

var words = map[report.Verdict]string{
	report.Passed: "Gate passed", report.Failed: "Gate failed", report.Incomplete: "Incomplete", report.Undecided: "Undecided",
}

var kinds = map[string]string{"assess": "Assessment", "scan": "Scan", "attack": "Attack", "probe": "Probe"}

// maxReasons is how many reasons of the gate are shown.
const maxReasons = 12

func newView(d *report.Document) *view {
	v := &view{
		Kind: cmp.Or(kinds[d.Kind], d.Kind), Verdict: d.Verdict(), Word: words[d.Verdict()], Incomplete: d.Incomplete,
		Reasons: d.Gate.Reasons, Command: report.Shell(d.Command),
	}
	if d.System != nil {
		v.Subject, v.Ref, v.Description = d.System.Name, d.System.Ref, d.System.Description
	} else {
		v.Subject, v.Ref = subject(d)
	}
	_, v.Headline, _ = strings.Cut(d.Headline(), ": ")
	v.Title = v.Word + ": " + v.Subject
	if n := len(v.Reasons); n > maxReasons {
		v.Reasons, v.More = v.Reasons[:maxReasons], n-maxReasons
	}
	b := newBuilder(d)
	v.fill(d, b)
	if d.Diagram != "" {
		var err error
		if v.Diagram, err = diagram(d.Diagram); err != nil {
			v.NoDiagram = err.Error()
		}
	}
	for _, s := range d.Steps {
		if s.State != "ran" {
			v.Idle = append(v.Idle, s)
		}
	}
	for _, c := range d.Components {
		v.Components = append(v.Components, component{c, facts(c.Properties)})
	}
	v.Artifacts = artifacts(d)
	v.Facts = provenance(d)
	return v
}

// subject names what a run without a system was about.
func subject(d *report.Document) (name, ref string) {
	var refs []string
	for _, f := range d.Findings {
		if !slices.Contains(refs, f.Target.Ref) {
			refs = append(refs, f.Target.Ref)
		}
	}
	switch len(refs) {
	case 0:
		return "nothing", ""
	case 1:
		return refs[0], ""
	}
	return fmt.Sprintf("%d targets", len(refs)), strings.Join(refs[:min(len(refs), 4)], ", ")
}

// fill adds the threats, the findings, and what is counted of them.
func (v *view) fill(d *report.Document, b *builder) {
	for _, s := range report.Statuses {
		g := group{state: stateOf(s)}
		for _, t := range d.ByStatus(s) {
			g.Threats = append(g.Threats, b.threat(t))
		}
		if g.Threats != nil {
			v.Threats = append(v.Threats, g)
		}
	}
	for _, o := range report.Outcomes {
		g := group{state: outcomes[o]}
		for _, n := range b.loose(o) {
			g.Findings = append(g.Findings, b.finding(n))
		}
		if g.Findings != nil {
			v.Findings = append(v.Findings, g)
		}
	}
	v.Tally = tally(v.Threats, v.Findings)
	v.Top = top(v.Threats)
	v.Tactics, v.Columns = tactics(d.Threats)
}

// tally counts the threats, or the findings where there are no threats.
func tally(threats, findings []group) []count {
	groups, prefix := threats, "threats-"
	if len(groups) == 0 {
		groups, prefix = findings, "findings-"
	}
	var list []count
	before := 0
	for _, g := range groups {
		list = append(list, count{state: g.state, N: g.N(), X: before, To: prefix + g.Icon})
		before += g.N()
	}
	return list
}

// top returns the three threats to look at first.
func top(groups []group) []*threat {
	var list []*threat
	for _, g := range groups {
		switch report.Status(g.Icon) {
		case report.StatusFailed, report.StatusStale, report.StatusOpen:
			list = append(list, g.Threats...)
		case report.StatusAccepted, report.StatusResisted, report.StatusUnreachable:
		}
	}
	return list[:min(len(list), 3)]
}

// Sum returns how many are counted.
func (v *view) Sum() int {
	n := 0
	for _, c := range v.Tally {
		n += c.N
	}
	return n
}

// A tacticRow is the threats that serve one tactic, by status.
type tacticRow struct {
	ID, Name, URL string
	Cells         []count
	N             int
}

// tactics returns the table of tactics with a column for every status that
// occurs. A threat counts once for each tactic that its techniques serve.
func tactics(threats []report.Threat) ([]tacticRow, []state) {
	var columns []state
	for _, s := range report.Statuses {
		if slices.ContainsFunc(threats, func(t report.Threat) bool { return t.Status == s }) {
			columns = append(columns, stateOf(s))
		}
	}
	if columns == nil {
		return nil, nil
	}
	n := make(map[string]int) // by tactic and status
	for _, t := range threats {
		for id := range taxonomy.Coverage(t.Techniques) {
			n[id]++
			n[id+" "+string(t.Status)]++
		}
	}
	var rows []tacticRow
	for _, e := range taxonomy.Tactics() {
		row := tacticRow{ID: e.ID, Name: e.Name, URL: e.URL, N: n[e.ID]}
		for _, c := range columns {
			row.Cells = append(row.Cells, count{state: c, N: n[e.ID+" "+c.Name]})
		}
		rows = append(rows, row)
	}
	return rows, columns
}

// provenance says how the run came about.
func provenance(d *report.Document) []fact {
	list := []fact{
		{"Made by", strings.TrimSpace(d.Tool.Name + " " + d.Tool.Version)},
		{"Seed", fmt.Sprint(d.Seed)},
		{"Fails on", d.Gate.Threshold()},
		{"Complete", map[bool]string{true: "yes", false: "no"}[d.Complete]},
	}
	if d.System != nil {
		list = append(list, fact{"System", string(d.System.Digest)})
	}
	if len(d.Steps) > 0 {
		ran := 0
		for _, s := range d.Steps {
			if s.State == "ran" {
				ran++
			}
		}
		list = append(list, fact{"Steps", fmt.Sprintf("%d of %d ran", ran, len(d.Steps))})
	}
	return append(list, fact{"Format", d.Schema})
}

func facts(m map[string]string) []fact {
	var list []fact
	for k, s := range m {
		list = append(list, fact{k, s})
	}
	slices.SortFunc(list, func(a, b fact) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

var word = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,80}$`)

// anchor returns an element id made of a prefix and id, or of the number if id
// is none.
func anchor(prefix, id string, n int) string {
	if word.MatchString(id) {
		return prefix + id
	}
	return prefix + fmt.Sprint(n)
}
