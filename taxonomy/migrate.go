package taxonomy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A Migration is what changed between two releases of ATLAS, by identifier.
type Migration struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Retired []Change `json:"retired"` // gone, with what takes their place
	Renamed []Change `json:"renamed"` // the same identifier with another name
	Added   []Change `json:"added"`   // new
}

// A Change is what happened to one entry.
type Change struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Was       string `json:"was,omitempty"` // the name before
	Is        string `json:"is,omitempty"`  // the name after
	Successor string `json:"successor,omitempty"`
}

// Migrate reports what changed between two releases of ATLAS that the set
// knows. The versions may be semantic or calendar ones: "5.6.1" and "2026.04"
// are the same content. It fails if a version is not known, or if from is
// newer than to.
func (s *Set) Migrate(from, to string) (*Migration, error) {
	for _, v := range []string{from, to} {
		switch {
		case v != s.atlas && !knownRelease(v):
			return nil, fmt.Errorf("release %q of ATLAS: its names are not known", v)
		case compareVersions(v, s.atlas) > 0:
			return nil, fmt.Errorf("release %q of ATLAS: newer than %s, the newest in the data", v, s.atlas)
		}
	}
	if compareVersions(from, to) > 0 {
		return nil, fmt.Errorf("migrate ATLAS from %s to %s: that is backwards", from, to)
	}
	m := &Migration{From: from, To: to}
	for _, id := range slices.Sorted(maps.Keys(s.history)) {
		p := s.history[id]
		was, before := p.at(from)
		is, after := p.at(to)
		c := Change{ID: id, Kind: atlasKind(id)}
		switch {
		case before && !after:
			c.Was, c.Successor = was, p.successor
			m.Retired = append(m.Retired, c)
		case !before && after:
			c.Is = is
			m.Added = append(m.Added, c)
		case before && was != is:
			c.Was, c.Is = was, is
			m.Renamed = append(m.Renamed, c)
		}
	}
	for _, list := range []*[]Change{&m.Retired, &m.Renamed, &m.Added} {
		slices.SortStableFunc(*list, func(a, b Change) int { return cmp.Compare(rank(a.Kind), rank(b.Kind)) })
	}
	return m, nil
}
