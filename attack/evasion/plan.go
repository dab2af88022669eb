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

// Terms are those on which a remote model may be asked. The zero value is a
// model that is a file.
type Terms struct {
	Remote    bool
	Ruled     bool    // there are constraints
	Left      int     // rows that may be asked about; 0 is no limit
	Price     float64 // of 1,000 rows
	PerSecond float64 // rows that may be asked about in a second; 0 if nobody said
}

// Plan says in one line for each of the attacks named what it would do under o:
// how many rows it tries and about how much it asks of the model; of a remote
// model also what that costs and how long it takes, at the worst.
func Plan(o Options, t Terms, attacks []*Attack, names ...string) []string {
	var chosen []*Attack
	for _, name := range names {
		if i := slices.IndexFunc(attacks, func(a *Attack) bool { return a.Name == name }); i >= 0 {
			chosen = append(chosen, attacks[i].resolve(attacks))
		}
	}
	var out []string
	for _, a := range chosen {
		if t.Remote {
			out = append(out, a.planRemote(o, t, max(1, outsiders(chosen, t.Ruled))))
			continue
		}
		rows := cmp.Or(o.MaxSamples, defaultSamples)
		line := fmt.Sprintf("%s: at most %d rows, each at most about %d questions to the model while it stands", a.Name, rows, a.work(o))
		if o.Budget > 0 {
			line += fmt.Sprintf(", %d for all", o.Budget)
		}
		out = append(out, line)
	}
	return out
}

// planRemote is the line of an attack that is one of so many on a remote model.
func (a *Attack) planRemote(o Options, t Terms, of int) string {
	if !a.outside() {
		return a.Name + ": does not apply, because it follows gradients and nothing is seen of the model but its answers"
	}
	if a.Ruled && !t.Ruled {
		return a.Name + ": does not apply, because the target has no constraints to keep to"
	}
	rows, most := cmp.Or(o.MaxSamples, remoteSamples), -1
	if t.Left > 0 {
		most = t.Left / of
	}
	if b := int(o.Budget); b > 0 && (most < 0 || b < most) {
		most = b
	}
	each := cmp.Or(o.Queries, remoteQueries)
	if most >= 0 {
		rows = min(rows, max(1, most/(1+cmp.Or(o.Queries, leastQueries))))
		each = cmp.Or(o.Queries, perRow(most-rows, rows))
	}
	if a.Queries == 1 { // whether a row falls is all that it asks
		each = 1
	}
	total := rows*(each+2)*51/50 + remoteRows*(each+remoteDraws+2)
	if most >= 0 {
		total = min(total, most)
	}
	line := fmt.Sprintf("%s: at most %d rows, each at most %d questions while it stands, %d questions in all", a.Name, rows, each, total)
	if t.Price > 0 {
		line += fmt.Sprintf("; at most %.4g at %v for 1,000", float64(total)/1000*t.Price, t.Price)
	}
	if t.PerSecond > 0 {
		line += fmt.Sprintf("; %.3g hours at %v a second", float64(total)/t.PerSecond/3600, t.PerSecond)
	}
	return line
}

// outside reports whether the attack, or a part of it, needs nothing but
// answers.
func (a *Attack) outside() bool {
	return a.BlackBox || slices.ContainsFunc(slices.Concat(a.parts, a.other), (*Attack).outside)
}
