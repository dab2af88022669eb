package quintain

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// A Plugin is something that is known by its check. Whatever embeds a [Check]
// is one, through its pointer.
type Plugin interface{ About() *Check }

// About returns c itself: what embeds a check is known by it.
func (c *Check) About() *Check { return c }

// Seed derives a seed for the check from that of a run, so that two checks do
// not share their randomness.
func (c *Check) Seed(run uint64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.Name))
	return run ^ h.Sum64()
}

// Plugins are what an engine was made of, sorted by name.
type Plugins[P Plugin] []P

// Sorted returns list in the order of the names; list stays as it is.
func Sorted[P Plugin](list []P) Plugins[P] {
	return slices.SortedFunc(slices.Values(list), func(a, b P) int { return cmp.Compare(a.About().Name, b.About().Name) })
}

// Checks returns the check of every plug-in.
func (l Plugins[P]) Checks() []*Check {
	out := make([]*Check, len(l))
	for i, p := range l {
		out[i] = p.About()
	}
	return out
}

// Pick returns the plug-ins of checks, in their order. A check that belongs to
// none of them is an error, which says what it is not: "is no attack".
func (l Plugins[P]) Pick(checks []*Check, not string) ([]P, error) {
	out := make([]P, 0, len(checks))
	for _, c := range checks {
		i := slices.IndexFunc(l, func(p P) bool { return p.About().Name == c.Name })
		if i < 0 {
			return nil, fmt.Errorf("check %q %s", c.Name, not)
		}
		out = append(out, l[i])
	}
	return out, nil
}
