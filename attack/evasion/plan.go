package evasion

import (
	"cmp"
	"fmt"
	"slices"
)

// starts is how often an attack that takes steps begins anew, at most: blindly
// twice and toward each of nine classes.
const starts = 11

// work is about how many rows an attack asks the model about for each row that
// it attacks, at most, a gradient counted as one more.
func (a *Attack) work(o Options) int {
	if a.Run == nil {
		sum := 0
		for _, p := range a.parts {
			b := o
			b.Queries = cmp.Or(o.Queries, a.Queries)
			sum += p.work(b)
		}
		return sum
	}
	b := a.budget(Budget{Steps: o.Steps, Queries: o.Queries})
	if a.BlackBox {
		return b.Queries
	}
	return max(1, b.Steps*starts) * 2
}

// Plan says in one line for each of the attacks named what it would do under o:
// how many rows it tries and about how much it asks of the model.
func Plan(o Options, attacks []*Attack, names ...string) []string {
	var out []string
	for _, name := range names {
		i := slices.IndexFunc(attacks, func(a *Attack) bool { return a.Name == name })
		if i < 0 {
			continue
		}
		rows := cmp.Or(o.MaxSamples, defaultSamples)
		line := fmt.Sprintf("%s: at most %d rows, each at most about %d questions to the model while it stands", name, rows, attacks[i].resolve(attacks).work(o))
		if o.Budget > 0 {
			line += fmt.Sprintf(", %d for all", o.Budget)
		}
		out = append(out, line)
	}
	return out
}
