package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"quintain"
)

// A Judgment is what a scan says about one artifact, or about one file inside
// it. It is computed from findings, never typed.
type Judgment string

// The judgments.
const (
	Malicious   Judgment = "malicious"    // a weakness of severity high or critical was demonstrated
	NotAnalyzed Judgment = "not-analyzed" // part of it could not be decided, so anything may be in it
	Review      Judgment = "review"       // a lesser weakness was demonstrated; somebody should look
	Clean       Judgment = "clean"        // every check that applies resisted, and would have failed its twin
)

// Judgments lists the judgments, the worst first.
var Judgments = []Judgment{Malicious, NotAnalyzed, Review, Clean}

// JudgmentOf returns the judgment that findings about one subject add up to: the
// worst of theirs. Checks that do not apply say nothing, and nothing said is
// NotAnalyzed, as is a pass without the positive control that would make it
// count.
func JudgmentOf(findings ...quintain.Finding) Judgment {
	worst := len(Judgments)
	for i := range findings {
		f := &findings[i]
		if f.Outcome != quintain.NotApplicable {
			worst = min(worst, slices.Index(Judgments, alone(f)))
		}
	}
	if worst == len(Judgments) {
		return NotAnalyzed
	}
	return Judgments[worst]
}

// alone is the judgment of one finding that applies.
func alone(f *quintain.Finding) Judgment {
	switch {
	case f.Outcome == quintain.Fail && f.Severity >= quintain.High:
		return Malicious
	case f.Outcome == quintain.Fail:
		return Review
	case f.Resisted():
		return Clean
	}
	return NotAnalyzed
}

// An Artifact is one file or folder that was scanned and the judgment on it.
type Artifact struct {
	Ref      string          `json:"ref"`
	Digest   quintain.Digest `json:"digest,omitzero"`
	Judgment Judgment        `json:"judgment"`

	// Members are the files inside a container that findings point into, good
	// or bad. A member that is not listed has no judgment of its own.
	Members []Member `json:"members,omitempty"`

	Findings []int `json:"findings"` // indexes into Document.Findings

	// Aside says that the artifact is told in one line with others like it: a
	// file in a folder that no format recognizes and whose name promises no
	// model. It is not analyzed all the same.
	Aside bool `json:"aside,omitempty"`
}

// A Member is a file inside an artifact and the judgment on it.
type Member struct {
	Path     string   `json:"path"` // "archive/data.pkl"; a "!" for each container further in
	Judgment Judgment `json:"judgment"`
}

// Artifacts returns the judgments on the artifacts that findings are about, in
// the order of the findings. Artifacts that no check applies to are left out.
func Artifacts(findings []quintain.Finding) []Artifact {
	var list []Artifact
	index := make(map[string]int)
	for n := range findings {
		f := &findings[n]
		if f.Target.Kind != quintain.KindArtifact || f.Outcome == quintain.NotApplicable {
			continue
		}
		i, ok := index[f.Target.Ref]
		if !ok {
			i = len(list)
			index[f.Target.Ref] = i
			list = append(list, Artifact{Ref: f.Target.Ref, Digest: f.Target.Digest})
		}
		list[i].Findings = append(list[i].Findings, n)
	}
	for i := range list {
		list[i].complete(findings)
	}
	return list
}

// complete judges an artifact and its members.
func (a *Artifact) complete(all []quintain.Finding) {
	own := make([]quintain.Finding, 0, len(a.Findings))
	var order []string
	members := make(map[string][]quintain.Finding)
	for _, n := range a.Findings {
		own = append(own, all[n])
	}
	a.Judgment = JudgmentOf(own...)
	for _, f := range own {
		for _, e := range f.Evidence {
			m := member(a.Ref, e.Location)
			if m == "" {
				continue
			}
			if members[m] == nil {
				order = append(order, m)
			}
			members[m] = append(members[m], f)
		}
	}
	for _, m := range order {
		a.Members = append(a.Members, Member{m, JudgmentOf(members[m]...)})
	}
}

// member returns the path inside artifact ref of a location such as
// "model.pt!archive/data.pkl@0x1c", or "" if it is the artifact itself. The
// name of the artifact, which ends ref, may hold the same signs.
func member(ref, location string) string {
	ref = strings.ReplaceAll(ref, `\`, "/")
	if i := strings.LastIndex(location, "@0x"); i >= 0 {
		location = location[:i]
	}
	for i := len(location) - 1; i > 0; i-- {
		if location[i] == '!' && strings.HasSuffix("/"+ref, "/"+location[:i]) {
			return location[i+1:]
		}
	}
	return ""
}

// An Accepted is a finding that somebody accepted. It stays what it is; only
// the gate does not count it.
type Accepted struct {
	Finding    int        `json:"finding"` // index into Document.Findings
	Acceptance Acceptance `json:"acceptance"`
}

// AcceptedAs returns the acceptance of the finding with index n, or nil.
func (d *Document) AcceptedAs(n int) *Acceptance {
	for i := range d.Accepted {
		if d.Accepted[i].Finding == n {
			return &d.Accepted[i].Acceptance
		}
	}
	return nil
}

// AcceptanceOf returns the acceptance of a finding of the document, or nil.
func (d *Document) AcceptanceOf(f *quintain.Finding) *Acceptance {
	for i := range d.Accepted {
		if a := &d.Accepted[i]; &d.Findings[a.Finding] == f {
			return &a.Acceptance
		}
	}
	return nil
}

// String says who accepted it, until when and why.
func (a *Acceptance) String() string {
	return fmt.Sprintf("accepted by %s until %s: %s", a.By, a.Until, a.Why)
}

// asides returns the findings, by index, that say only that an artifact told
// aside was not analyzed, and the names of those artifacts.
func (d *Document) asides() (findings map[int]bool, refs []string) {
	findings = make(map[int]bool)
	for _, a := range d.Artifacts {
		if !a.Aside {
			continue
		}
		refs = append(refs, a.Ref)
		for _, n := range a.Findings {
			if n >= 0 && n < len(d.Findings) {
				findings[n] = d.Findings[n].Outcome == quintain.Inconclusive
			}
		}
	}
	return findings, refs
}

// Aside says in one line that files were not analyzed: "3 files that no format
// recognizes, under names that promise no model, are not analyzed: a, b and 1
// more".
func Aside(refs []string) string {
	const most = 4
	shown := refs[:min(most, len(refs))]
	list := strings.Join(shown, ", ")
	if more := len(refs) - len(shown); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	verb := "are"
	if len(refs) == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s that no format recognizes, under names that promise no model, %s not analyzed: %s", plural(len(refs), "file"), verb, list)
}

// validateArtifacts checks what is computed from the findings against them.
func (d *Document) validateArtifacts() error {
	for _, a := range d.Accepted {
		if a.Finding < 0 || a.Finding >= len(d.Findings) {
			return fmt.Errorf("accepted: there is no finding %d", a.Finding)
		}
		if o := d.Findings[a.Finding].Outcome; o != quintain.Fail {
			return fmt.Errorf("accepted: finding %d is %s, not a demonstrated weakness", a.Finding, o)
		}
	}
	if d.Artifacts == nil {
		return nil
	}
	want := Artifacts(d.Findings)
	for i := range min(len(want), len(d.Artifacts)) {
		want[i].Aside = d.Artifacts[i].Aside && want[i].Judgment == NotAnalyzed
	}
	if !reflect.DeepEqual(d.Artifacts, want) {
		return fmt.Errorf("the judgments on %d artifacts are not what the findings add up to", len(d.Artifacts))
	}
	return nil
}
