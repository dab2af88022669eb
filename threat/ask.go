package threat

import (
	"cmp"
	"slices"
)

// This file holds the questions that several rules ask of a graph.

// Weights returns the elements that hold what a model has learned: artifacts,
// models, adapters and embedding models.
func (g *Graph) Weights() []*Element {
	return slices.Collect(g.All(KindArtifact, KindModel, KindAdapter, KindEmbedder))
}

// Trained returns paths to e, through training, from the elements that pick
// chooses.
func (g *Graph) Trained(e *Element, pick func(*Element) bool) []*Path {
	return slices.DeleteFunc(g.Into(e, Query{Over: Learning, Ends: pick}), func(p *Path) bool {
		return !slices.ContainsFunc(p.Elements, func(e *Element) bool { return e.Kind == KindTraining })
	})
}

// Audience returns paths from e to the strangers who see what it says.
func (g *Graph) Audience(e *Element) []*Path {
	return g.once("audience", e, func() []*Path { return g.OutOf(e, Query{Over: Content, Ends: (*Element).stranger}) })
}

// stranger reports whether e is people, or a system of other people, that are
// not trusted.
func (e *Element) stranger() bool {
	return e.Trust == Untrusted && e.Is(KindHuman, KindExternal)
}

// Told returns paths to e from untrusted people who talk to it: nothing on the
// way stores or fetches what they say, and no other model reads it first.
func (g *Graph) Told(e *Element) []*Path {
	return g.once("told", e, func() []*Path {
		return g.Into(e, Query{
			Over:  Content,
			Ends:  func(x *Element) bool { return x.Kind == KindHuman && x.Trust == Untrusted },
			Avoid: func(x *Element) bool { return x.Untrusted() || x.Reads() || !x.talks() },
		})
	})
}

// talks reports whether a conversation passes e.
func (e *Element) talks() bool {
	return e.Is(KindService, KindGuard, KindJudge, KindContext, KindPrompt, KindApproval, KindAccelerator)
}

// Finds returns paths to reader e of untrusted content that it comes across at
// work: in mail, documents, web pages, results of tools. There is one for
// every source, and no other model reads it first.
func (g *Graph) Finds(e *Element) []*Path {
	return g.once("finds", e, func() []*Path { return g.finds(e) })
}

func (g *Graph) finds(e *Element) []*Path {
	channel := func(x *Element) bool { return !x.talks() && x.Kind != KindHuman && (!x.Reads() || x.Untrusted()) }
	var out []*Path
	add := func(p *Path) {
		i := slices.IndexFunc(out, func(q *Path) bool { return q.From() == p.From() })
		switch {
		case i < 0:
			out = append(out, p)
		case p.easier(out[i]):
			out[i] = p
		}
	}
	for _, last := range g.Into(e, Query{Over: Content, Ends: channel, Avoid: func(x *Element) bool { return channel(x) || x.Reads() }}) {
		at := last.From()
		switch {
		case at.Untrusted():
			add(last)
		case Content.carries(at):
			for _, p := range g.unread(at) {
				add(p.Then(last))
			}
		}
	}
	return out
}

// unread returns paths to e of untrusted content that no reader has read.
func (g *Graph) unread(e *Element) []*Path {
	return g.once("unread", e, func() []*Path {
		return g.Into(e, Query{
			Over:  Content,
			Ends:  func(x *Element) bool { return x.Untrusted() && !x.Reads() },
			Avoid: func(x *Element) bool { return x.Untrusted() || x.Reads() },
		})
	})
}

// easier reports whether p meets less resistance than q, or the same and is
// shorter.
func (p *Path) easier(q *Path) bool {
	return cmp.Or(cmp.Compare(min(1, len(p.Approvals)), min(1, len(q.Approvals))), cmp.Compare(min(1, len(p.Guards)), min(1, len(q.Guards))),
		cmp.Compare(len(p.Elements), len(q.Elements))) < 0
}

// Beside returns the elements of the given kinds that share a flow with e or
// stand on one of its flows.
func (g *Graph) Beside(e *Element, kinds ...Kind) []*Element {
	var out []*Element
	for _, x := range g.neighbors(e) {
		if x.Is(kinds...) {
			out = append(out, x)
		}
	}
	return out
}

// Uses returns paths from reader e to the elements it can make do one of the
// abilities, itself included, that no other reader stands before.
func (g *Graph) Uses(e *Element, abilities ...Ability) []*Path {
	able := func(x *Element) bool { return slices.ContainsFunc(abilities, x.Has) }
	paths := g.OutOf(e, Query{Over: Content, Ends: able, Avoid: func(x *Element) bool { return able(x) || x.Reads() }})
	paths = slices.DeleteFunc(paths, func(p *Path) bool { return p.To().Reads() })
	if able(e) {
		paths = append(paths, &Path{Elements: []*Element{e}})
	}
	return paths
}

// Easiest returns the path that meets the least resistance, of several the
// shortest, of several the first; nil if there is none.
func Easiest(paths []*Path) *Path {
	var best *Path
	for _, p := range paths {
		if best == nil || p.easier(best) {
			best = p
		}
	}
	return best
}

// Sources returns where paths start, each element once.
func Sources(paths []*Path) []*Element {
	var out []*Element
	for _, p := range paths {
		out = append(out, p.From())
	}
	return distinct(out)
}

// Sinks returns where paths end, each element once.
func Sinks(paths []*Path) []*Element {
	var out []*Element
	for _, p := range paths {
		out = append(out, p.To())
	}
	return distinct(out)
}
