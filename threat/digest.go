package threat

import (
	"cmp"
	"encoding/json"
	"slices"

	"quintain"
)

// Digest names what the model says, apart from how it is written down: the
// order of elements, flows and acceptances, the layout and the comments of the
// file, and its path do not matter.
func (m *Model) Digest() quintain.Digest {
	c := Model{Name: m.Name, Description: m.Description}
	c.Elements = slices.Clone(m.Elements)
	for i := range c.Elements {
		e := &c.Elements[i]
		e.Data, e.Can = sorted(e.Data), sorted(e.Can)
	}
	c.Flows = slices.Clone(m.Flows)
	for i := range c.Flows {
		c.Flows[i].Data = sorted(c.Flows[i].Data)
	}
	c.Accepted = slices.Clone(m.Accepted)
	slices.SortFunc(c.Elements, func(a, b Element) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.Flows, compareFlows)
	slices.SortFunc(c.Accepted, func(a, b Acceptance) int { return cmp.Compare(a.Threat, b.Threat) })
	b, err := json.Marshal(&c)
	if err != nil {
		panic(err) // no type in a Model refuses
	}
	return quintain.DigestOf(b)
}

func compareFlows(a, b Flow) int {
	back := func(f Flow) int {
		if f.Returns {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Label, b.Label),
		slices.Compare(a.Through, b.Through), slices.Compare(a.Data, b.Data), cmp.Compare(back(a), back(b)))
}

// sorted returns a sorted copy of s, nil if it is empty.
func sorted[S ~[]E, E cmp.Ordered](s S) S {
	if len(s) == 0 {
		return nil
	}
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
