package threat

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
)

// A Medium is a way in which one element influences another.
type Medium int

// The media.
const (
	// Content is data that arrives as it was sent, so that what it says can
	// instruct whoever reads it. People, training and classifiers do not hand
	// content on.
	Content Medium = iota

	// Learning is data that shapes what a model becomes: it passes datasets,
	// stores, training runs, registries and weights.
	Learning
)

var passes = map[Medium][]Kind{
	Content: {
		KindAgent, KindModel, KindEmbedder, KindGuard, KindJudge, KindExternal, KindService, KindStore, KindTool, KindMCPServer,
		KindSkill, KindPrompt, KindSysPrompt, KindContext, KindMemory, KindRetriever, KindVectorStore, KindAccelerator,
	},
	Learning: {
		KindModel, KindAdapter, KindArtifact, KindEmbedder, KindGuard, KindExternal, KindService, KindStore, KindTelemetry,
		KindDataset, KindTraining, KindRegistry, KindAccelerator,
	},
}

// carries reports whether what reaches e over the medium leaves it again.
func (m Medium) carries(e *Element) bool {
	switch {
	case e.Kind == KindApproval:
		return true // one that stops nothing
	case m == Content && e.Kind == KindModel:
		return e.Task == TaskGenerate || e.Task == TaskEmbed
	}
	return slices.Contains(passes[m], e.Kind)
}

// A Graph is a system seen as what can move where. It is built for one
// derivation of threats and is not for concurrent use. Everything it yields is
// in the order of the ids.
type Graph struct {
	elements []*Element
	index    map[*Element]int
	out, in  [][]edge
	carries  map[Medium][]bool // by element
	known    map[question][]*Path
	near     map[*Element][]*Element
}

// A question is one that several rules ask.
type question struct {
	what string
	of   *Element
}

// once answers a question, the first time by asking f. Callers may append to
// the answer and must not change it otherwise.
func (g *Graph) once(what string, of *Element, f func() []*Path) []*Path {
	q := question{what, of}
	paths, ok := g.known[q]
	if !ok {
		paths = slices.Clip(f())
		g.known[q] = paths
	}
	return paths
}

// An edge is one direction of a flow. at is the element at the other end.
type edge struct {
	at                int
	label             string
	reply             bool // comes back along a flow
	guards, approvals []*Element
	others            []*Element // that stand on the flow and stop nothing
}

// NewGraph returns the graph of m. A flow that names elements m does not have
// is left out; [Parse] refuses such a model.
func NewGraph(m *Model) *Graph {
	g := &Graph{index: make(map[*Element]int), carries: make(map[Medium][]bool), known: make(map[question][]*Path), near: make(map[*Element][]*Element)}
	byID := make(map[string]*Element)
	for i := range m.Elements {
		byID[m.Elements[i].ID] = &m.Elements[i]
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		g.index[byID[id]] = len(g.elements)
		g.elements = append(g.elements, byID[id])
		for _, medium := range []Medium{Content, Learning} {
			g.carries[medium] = append(g.carries[medium], medium.carries(byID[id]))
		}
	}
	g.out = make([][]edge, len(g.elements))
	g.in = make([][]edge, len(g.elements))
	for i := range m.Flows {
		f := &m.Flows[i]
		from, to := byID[f.From], byID[f.To]
		if from == nil || to == nil {
			continue
		}
		x := edge{label: f.Label}
		for _, id := range f.Through {
			switch e := byID[id]; {
			case e == nil:
			case e.approves():
				x.approvals = append(x.approvals, e)
			case e.Is(KindGuard, KindJudge):
				x.guards = append(x.guards, e)
			default:
				x.others = append(x.others, e)
			}
		}
		g.add(g.index[from], g.index[to], x)
		if f.Returns {
			back := x
			back.reply = true
			g.add(g.index[to], g.index[from], back)
		}
		for _, e := range slices.Concat(x.guards, x.approvals, x.others) {
			g.add(g.index[from], g.index[e], edge{label: f.Label}) // it sees what passes
		}
	}
	for i := range g.elements {
		slices.SortFunc(g.out[i], g.byResistance)
		slices.SortFunc(g.in[i], g.byResistance)
	}
	return g
}

func (g *Graph) add(from, to int, e edge) {
	e.at = to
	g.out[from] = append(g.out[from], e)
	e.at = from
	g.in[to] = append(g.in[to], e)
}

// byResistance orders edges by the element at the other end, and parallel
// edges by what stands in the way.
func (g *Graph) byResistance(a, b edge) int {
	reply := func(x edge) int {
		if x.reply {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(len(a.approvals), len(b.approvals)), cmp.Compare(len(a.guards), len(b.guards)),
		slices.Compare(ids(a.guards), ids(b.guards)), slices.Compare(ids(a.approvals), ids(b.approvals)), cmp.Compare(a.label, b.label), cmp.Compare(reply(a), reply(b)))
}

// approves reports whether e stops an attack that has to pass it.
func (e *Element) approves() bool { return e.Kind == KindApproval && e.Trust != Untrusted }

// All yields the elements of the given kinds, or every element if there are
// none.
func (g *Graph) All(kinds ...Kind) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, e := range g.elements {
			if (len(kinds) == 0 || e.Is(kinds...)) && !yield(e) {
				return
			}
		}
	}
}

// Readers yields the elements that take instructions in natural language.
func (g *Graph) Readers() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, e := range g.elements {
			if e.Reads() && !yield(e) {
				return
			}
		}
	}
}

// Before returns the elements that something flows from, directly to e.
func (g *Graph) Before(e *Element) []*Element { return g.ends(g.in[g.index[e]]) }

// After returns the elements that something flows to, directly from e.
func (g *Graph) After(e *Element) []*Element { return g.ends(g.out[g.index[e]]) }

// neighbors returns the elements that share a flow with e, in either
// direction, and those that stand on its flows.
func (g *Graph) neighbors(e *Element) []*Element {
	if near, ok := g.near[e]; ok {
		return near
	}
	i := g.index[e]
	near := append(g.Before(e), g.After(e)...)
	for _, edges := range [][]edge{g.in[i], g.out[i]} {
		for _, x := range edges {
			near = slices.Concat(near, x.guards, x.approvals, x.others)
		}
	}
	slices.SortFunc(near, byID)
	g.near[e] = slices.Compact(near)
	return g.near[e]
}

func (g *Graph) ends(edges []edge) []*Element {
	var out []*Element
	for _, x := range edges {
		out = append(out, g.elements[x.at])
	}
	return slices.Compact(out)
}

func byID(a, b *Element) int { return strings.Compare(a.ID, b.ID) }
