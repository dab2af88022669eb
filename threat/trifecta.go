package threat

import (
	"slices"
)

// A Trifecta is a reader in which three things meet: content that strangers
// wrote, data that is not for them, and a way out. Whoever writes the content
// can make it carry the data away.
type Trifecta struct {
	Reader    *Element
	Untrusted []*Path // to the reader
	Private   []*Path // to the reader; of one element if the reader holds the data itself
	Out       []*Path // from the reader; of one element if the reader itself sends
}

// Trifectas returns the readers in which the three meet, decided by what can
// move where. Of several readers in a row the one where they first meet is
// returned.
func (g *Graph) Trifectas() []Trifecta {
	all := make(map[*Element]Trifecta)
	for e := range g.Readers() {
		t := Trifecta{
			Reader:    e,
			Untrusted: g.Untrusted(e, Content),
			Private:   g.Into(e, Query{Over: Content, Ends: (*Element).Private, Avoid: (*Element).Private}),
			Out:       g.OutOf(e, Query{Over: Content, Ends: (*Element).outlet, Avoid: (*Element).outlet}),
		}
		if e.Private() {
			t.Private = append(t.Private, &Path{Elements: []*Element{e}})
		}
		if e.outlet() {
			t.Out = append(t.Out, &Path{Elements: []*Element{e}})
		}
		if len(t.Untrusted) > 0 && len(t.Private) > 0 && len(t.Out) > 0 {
			all[e] = t
		}
	}
	var out []Trifecta
	for e := range g.Readers() {
		if t, ok := all[e]; ok && !t.follows(all) {
			out = append(out, t)
		}
	}
	return out
}

// follows reports whether all that meets in t has met in another reader
// before.
func (t *Trifecta) follows(all map[*Element]Trifecta) bool {
	for first := range all {
		passed := func(p *Path) bool { return slices.Contains(p.Elements[:len(p.Elements)-1], first) }
		missed := func(p *Path) bool { return !passed(p) }
		if first != t.Reader && !slices.ContainsFunc(t.Untrusted, missed) && !slices.ContainsFunc(t.Private, missed) {
			return true
		}
	}
	return false
}

// outlet reports whether what reaches e can leave to an address that the
// sender chooses, or leaves to strangers' systems.
func (e *Element) outlet() bool {
	return e.Has(SendsOut) || e.Kind == KindExternal && e.Trust == Untrusted
}

// Parties returns the reader and all that meets in it: the reader first, then
// the untrusted sources, the holders of private data, and the ways out.
func (t *Trifecta) Parties() []*Element {
	return distinct(slices.Concat([]*Element{t.Reader}, Sources(t.Untrusted), Sources(t.Private), Sinks(t.Out)))
}

// Walk returns the way of an attack: from the untrusted source that is
// easiest to use, through the reader, to the easiest way out.
func (t *Trifecta) Walk() *Path { return Easiest(t.Untrusted).Then(Easiest(t.Out)) }

// Cut says which of the three is behind an approval on every way, or returns
// "" if none is.
func (t *Trifecta) Cut() string {
	for _, leg := range [][]*Path{t.Untrusted, t.Private, t.Out} {
		if cut := Easiest(leg).Cut(); cut != "" {
			return cut
		}
	}
	return ""
}
