package threat

import (
	"cmp"
	"slices"
	"strings"
)

// A Path is a walk that data can take through the system, from its source.
//
// Of several walks between the same elements the one of least resistance is
// chosen: without approvals if there is one, then without guards, then the
// shortest, then the first in the order of the ids.
type Path struct {
	Elements  []*Element
	Guards    []*Element // on the way
	Approvals []*Element // on the way; if there are any, every walk has some

	cut string // see Cut
}

// From returns the first element of the path.
func (p *Path) From() *Element { return p.Elements[0] }

// To returns the last element of the path.
func (p *Path) To() *Element { return p.Elements[len(p.Elements)-1] }

// Interior returns the elements between the ends.
func (p *Path) Interior() []*Element {
	if len(p.Elements) < 3 {
		return nil
	}
	return p.Elements[1 : len(p.Elements)-1]
}

// Then returns the path that goes on along q, which starts where p ends.
func (p *Path) Then(q *Path) *Path {
	return &Path{
		Elements:  slices.Concat(p.Elements, q.Elements[1:]),
		Guards:    slices.Concat(p.Guards, q.Guards),
		Approvals: slices.Concat(p.Approvals, q.Approvals),
		cut:       cmp.Or(p.cut, q.cut),
	}
}

// Cut says why the path cannot be walked without a person's consent, or
// returns "" if it can.
func (p *Path) Cut() string { return p.cut }

// guarded names the guards on the path, as a continuation of a sentence.
func (p *Path) guarded() string {
	if len(p.Guards) == 0 {
		return ""
	}
	return "; on the way stands " + Titles(p.Guards) + ", which may or may not stop it"
}

// Titles joins the names of elements for people, each once.
func Titles(elements []*Element) string {
	var names []string
	for _, e := range elements {
		if !slices.Contains(names, e.Title()) {
			names = append(names, e.Title())
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// A Query says which paths to look for.
type Query struct {
	Over    Medium
	Ends    func(*Element) bool // the elements to find paths to or from
	Avoid   func(*Element) bool // elements that a path may not pass; nil for none
	Forward bool                // leave out what comes back along a flow
}

// Into returns one path to e from every element that q.Ends picks and that
// reaches it, in the order of their ids.
func (g *Graph) Into(e *Element, q Query) []*Path { return g.search(e, q, g.in, g.out, false) }

// OutOf returns one path from e to every element that q.Ends picks and that it
// reaches, in the order of their ids.
func (g *Graph) OutOf(e *Element, q Query) []*Path { return g.search(e, q, g.out, g.in, true) }

// Untrusted returns paths over the medium to e from untrusted elements, with
// nothing untrusted in between: each is a place where strangers come in.
func (g *Graph) Untrusted(e *Element, over Medium) []*Path {
	return g.once("untrusted"+string(rune('0'+over)), e, func() []*Path {
		return g.Into(e, Query{Over: over, Ends: (*Element).Untrusted, Avoid: (*Element).Untrusted})
	})
}

// The resistance that a walk may meet, from the least.
const (
	freely   = iota
	guarded  // passes guards
	approved // passes approvals
	resistances
)

// usable reports whether a walk of the given resistance may use x.
func (q *Query) usable(x *edge, resistance int) bool {
	if q.Forward && x.reply {
		return false
	}
	return resistance == approved || len(x.approvals) == 0 && (resistance == guarded || len(x.guards) == 0)
}

// resistance returns the least resistance of a walk that passes each element,
// or resistances where no walk may.
func (g *Graph) resistance(q *Query) []int {
	out := make([]int, len(g.elements))
	for i, e := range g.elements {
		switch {
		case !g.carries[q.Over][i] || q.Avoid != nil && q.Avoid(e):
			out[i] = resistances
		case e.approves():
			out[i] = approved
		case e.Kind == KindGuard:
			out[i] = guarded
		}
	}
	return out
}

// search walks from start along next, and finds its way back along back.
func (g *Graph) search(start *Element, q Query, next, back [][]edge, forward bool) []*Path {
	found := make([]*Path, len(g.elements))
	s := g.index[start]
	resists := g.resistance(&q)
	for resistance := range resistances {
		passable := func(i int) bool { return i == s || resists[i] <= resistance }
		dist := g.distances(s, &q, next, resistance, passable)
		for i, e := range g.elements {
			if found[i] == nil && i != s && dist[i] >= 0 && q.Ends(e) {
				found[i] = g.trace(i, s, &q, back, dist, resistance, passable)
				if forward {
					found[i].reverse()
				}
				found[i].finish()
			}
		}
	}
	return slices.DeleteFunc(found, func(p *Path) bool { return p == nil })
}

// distances returns the number of steps from s to every element, or -1.
func (g *Graph) distances(s int, q *Query, next [][]edge, resistance int, passable func(int) bool) []int {
	dist := make([]int, len(g.elements))
	for i := range dist {
		dist[i] = -1
	}
	dist[s] = 0
	for queue := []int{s}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if !passable(at) {
			continue
		}
		for i := range next[at] {
			if x := &next[at][i]; dist[x.at] < 0 && q.usable(x, resistance) {
				dist[x.at] = dist[at] + 1
				queue = append(queue, x.at)
			}
		}
	}
	return dist
}

// trace follows the distances from i down to s.
func (g *Graph) trace(i, s int, q *Query, back [][]edge, dist []int, resistance int, passable func(int) bool) *Path {
	p := &Path{Elements: []*Element{g.elements[i]}}
	for i != s {
		for k := range back[i] {
			x := &back[i][k]
			if dist[x.at] != dist[i]-1 || !q.usable(x, resistance) || !passable(x.at) {
				continue
			}
			i = x.at
			p.Elements = append(p.Elements, g.elements[i])
			p.Guards = append(p.Guards, x.guards...)
			p.Approvals = append(p.Approvals, x.approvals...)
			break
		}
	}
	return p
}

func (p *Path) reverse() {
	slices.Reverse(p.Elements)
	slices.Reverse(p.Guards)
	slices.Reverse(p.Approvals)
}

// finish adds the guards and approvals that are elements of the path.
func (p *Path) finish() {
	for _, e := range p.Interior() {
		switch {
		case e.approves():
			p.Approvals = append(p.Approvals, e)
		case e.Kind == KindGuard:
			p.Guards = append(p.Guards, e)
		}
	}
	if len(p.Approvals) > 0 {
		p.cut = "every way from " + p.From().Title() + " to " + p.To().Title() + " needs an approval: " + Titles(p.Approvals)
	}
}
