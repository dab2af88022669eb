package threat

import (
	"fmt"
	"slices"
	"strings"
)

// Mermaid returns the model as a Mermaid flowchart, from left to right.
// Untrusted elements are dashed; whatever stands on a flow is drawn on it.
func (m *Model) Mermaid() string {
	d := newDrawing(m)
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, e := range d.elements {
		left, right := mermaidShape(e)
		fmt.Fprintf(&b, "  n%d%s\"%s<br/>%s\"%s\n", i, left, mermaidText(e.Title()), mermaidText(string(e.Kind)), right)
	}
	for _, l := range d.links {
		arrow := "-->"
		if l.both {
			arrow = "<-->"
		}
		if l.label != "" {
			arrow += "|\"" + mermaidText(l.label) + "\"|"
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", l.from, arrow, l.to)
	}
	var untrusted []string
	for i, e := range d.elements {
		if e.Untrusted() {
			untrusted = append(untrusted, fmt.Sprintf("n%d", i))
		}
	}
	if untrusted != nil {
		b.WriteString("  classDef untrusted stroke:#b45309,stroke-dasharray:5 4\n  class " + strings.Join(untrusted, ",") + " untrusted\n")
	}
	return b.String()
}

func mermaidShape(e *Element) (left, right string) {
	switch e.Kind {
	case KindStore, KindVectorStore, KindDataset, KindEvalSet, KindMemory, KindRegistry, KindTelemetry:
		return "[(", ")]"
	case KindHuman, KindExternal:
		return "([", "])"
	case KindModel, KindEmbedder, KindAdapter, KindJudge:
		return "{{", "}}"
	case KindGuard, KindApproval, KindBudget:
		return "[/", "/]"
	default:
		return "[", "]"
	}
}

// mermaidText writes s as the inside of a quoted Mermaid text: what could end
// the text or be taken for markup becomes an entity code.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune("\"#&;<>\\`|(){}[]*_", r) || r < ' ' {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A drawing is a model as it is drawn: whatever stands on a flow is part of
// it, and flows between the same elements are one link.
type drawing struct {
	elements []*Element // in the order of their ids
	links    []link
}

// A link is a line between two elements, by index.
type link struct {
	from, to int
	both     bool // something comes back
	label    string
}

func newDrawing(m *Model) *drawing {
	d := &drawing{}
	index := make(map[string]int)
	for i := range m.Elements {
		d.elements = append(d.elements, &m.Elements[i])
	}
	slices.SortFunc(d.elements, byID)
	for i, e := range d.elements {
		index[e.ID] = i
	}
	at := make(map[[2]int]int)
	flows := slices.Clone(m.Flows)
	slices.SortStableFunc(flows, compareFlows)
	for i := range flows {
		f := &flows[i]
		label := f.Label
		stops := slices.Concat([]string{f.From}, f.Through, []string{f.To})
		for k := range len(stops) - 1 {
			from, ok := index[stops[k]]
			to, known := index[stops[k+1]]
			if ok && known && from != to {
				d.link(at, link{from, to, f.Returns, label})
				label = "" // once is enough
			}
		}
	}
	return d
}

// link adds l, or joins it with a link between the same elements.
func (d *drawing) link(at map[[2]int]int, l link) {
	i, ok := at[[2]int{l.from, l.to}]
	if !ok {
		if i, ok = at[[2]int{l.to, l.from}]; ok {
			l.both = true
		}
	}
	if !ok {
		at[[2]int{l.from, l.to}] = len(d.links)
		d.links = append(d.links, l)
		return
	}
	old := &d.links[i]
	old.both = old.both || l.both
	switch {
	case old.label == "":
		old.label = l.label
	case l.label != "" && l.label != old.label:
		old.label += "; " + l.label
	}
}
