package html

import (
	"cmp"
	"slices"

	"quintain"
	"quintain/report"
	"quintain/taxonomy"
)

// A builder makes the parts of the page that need the whole document. A
// finding and a transcript are shown once; later mentions point there.
type builder struct {
	d        *report.Document
	pages    map[string]report.Check
	findings map[int]string             // index to anchor
	blobs    map[quintain.Digest]string // to anchor
	ids      map[string]bool
	unlinked []int
}

func newBuilder(d *report.Document) *builder {
	b := &builder{
		d: d, pages: make(map[string]report.Check), findings: make(map[int]string), blobs: make(map[quintain.Digest]string),
		ids: make(map[string]bool), unlinked: d.Loose(),
	}
	for _, c := range d.Checks {
		b.pages[c.Name] = c
	}
	return b
}

// id returns an element id that is not taken.
func (b *builder) id(prefix, name string, n int) string {
	id := anchor(prefix, name, n)
	for b.ids[id] {
		id += "-"
	}
	b.ids[id] = true
	return id
}

// loose returns the findings with an outcome that no threat rests on, the most
// severe first.
func (b *builder) loose(o quintain.Outcome) []int {
	var list []int
	for _, n := range b.unlinked {
		if b.d.Findings[n].Outcome == o {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(x, y int) int {
		return cmp.Compare(b.d.Findings[y].Severity, b.d.Findings[x].Severity)
	})
	return list
}

// A threat is a verdict on one threat, with what it rests on.
type threat struct {
	*report.Threat
	Anchor      string
	State       state
	Level       level
	Open        bool // unfolded at first
	Techniques  []link
	Mitigations []link
	Findings    []*finding
	Manual      []block
}

// A level is a severity with its sign.
type level struct {
	Name string
	On   []struct{} // as many as the severity is high
	Off  []struct{}
}

func levelOf(s quintain.Severity) level {
	n := min(max(int(s), 0), int(quintain.Critical))
	return level{s.String(), make([]struct{}, n), make([]struct{}, int(quintain.Critical)-n)}
}

// A link is an entry of a taxonomy.
type link struct{ ID, Text, URL string }

func linkOf(id string) link {
	e, _ := taxonomy.Lookup(id)
	return link{id, taxonomy.Label(id), e.URL}
}

func (b *builder) threat(t *report.Threat) *threat {
	v := &threat{
		Threat: t, Anchor: b.id("t-", t.ID, len(b.ids)), State: stateOf(t.Status), Level: levelOf(t.Severity),
		Open: t.Status == report.StatusFailed, Manual: blocks(t.Doc),
	}
	for _, id := range t.Techniques {
		v.Techniques = append(v.Techniques, linkOf(string(id)))
	}
	for _, id := range t.Mitigations {
		v.Mitigations = append(v.Mitigations, linkOf(id))
	}
	for _, n := range t.Findings {
		v.Findings = append(v.Findings, b.finding(n))
	}
	return v
}

// A finding is what one check concluded, with its evidence.
type finding struct {
	*quintain.Finding

	Accepted   *report.Acceptance // or nil
	Anchor     string
	Elsewhere  bool // it is shown at Anchor; here is only a pointer
	State      state
	Level      level
	Techniques []link
	Evidence   []*evidence
	Control    *control
	Manual     []block
}

// Unproven reports whether the finding is a pass that no positive control
// backs.
func (f *finding) Unproven() bool { return f.Outcome == quintain.Pass && !f.Resisted() }

// Brief reports whether a line says everything: a check that did not apply.
func (f *finding) Brief() bool { return f.Outcome == quintain.NotApplicable && len(f.Evidence) == 0 }

type control struct {
	*quintain.Control
	State state
	Chart *chart
}

type evidence struct {
	*quintain.Evidence
	Chart      *chart
	Repro      string
	Blob       quintain.Digest
	BlobAnchor string
	Elsewhere  bool // the blob is shown at BlobAnchor
	Transcript *transcript
	Figure     *figure
}

func (b *builder) finding(n int) *finding {
	f := &b.d.Findings[n]
	v := &finding{Finding: f, State: outcomes[f.Outcome], Level: levelOf(f.Severity), Accepted: b.d.AcceptedAs(n)}
	if v.Anchor, v.Elsewhere = b.findings[n], b.findings[n] != ""; v.Elsewhere {
		return v
	}
	v.Anchor = b.id("f-", "", n)
	b.findings[n] = v.Anchor
	for _, id := range f.Techniques {
		v.Techniques = append(v.Techniques, linkOf(string(id)))
	}
	for i := range f.Evidence {
		v.Evidence = append(v.Evidence, b.evidence(&f.Evidence[i]))
	}
	if f.Control != nil {
		v.Control = &control{f.Control, outcomes[f.Control.Outcome], chartOf(f.Control.Measure)}
	}
	v.Manual = blocks(b.pages[f.Check].Doc)
	return v
}

func (b *builder) evidence(e *quintain.Evidence) *evidence {
	v := &evidence{Evidence: e, Chart: chartOf(e.Measure), Repro: report.Shell(e.Repro), Blob: e.Blob}
	blob, ok := b.d.Blobs[e.Blob]
	if !ok {
		return v
	}
	if v.BlobAnchor, v.Elsewhere = b.blobs[e.Blob], b.blobs[e.Blob] != ""; v.Elsewhere {
		return v
	}
	v.BlobAnchor = "b-" + e.Blob.Short()
	b.blobs[e.Blob] = v.BlobAnchor
	if v.Figure = figureOf(blob); v.Figure == nil {
		v.Transcript = transcriptOf(blob)
	}
	return v
}
