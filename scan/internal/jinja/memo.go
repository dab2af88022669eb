package jinja

import "slices"

// A memo is one evaluation of a macro: the same call in the same state has the
// same effect, which saves evaluating it again in every round of every loop
// around it.
type memo struct {
	args   []value
	names  []lookup
	reads  []undo // cells with what was read from them
	writes []undo // cells with what was left in them
	out    value
}

// A lookup is what a name meant in a scope: a cell, or nothing.
type lookup struct {
	scope *scope
	name  string
	cell  *cell
}

const maxMemos = 24 // of one macro

// A recorder notes what an evaluation of a macro reads.
type recorder struct {
	scope *scope // of the macro's definition
	since int    // cells with greater numbers are the macro's own
	seen  map[*cell]bool
	reads []undo
	asked map[lookup]bool
	names []lookup
}

func (r *recorder) add(c *cell, v value) {
	if c.id <= r.since && !r.seen[c] {
		r.seen[c] = true
		r.reads = append(r.reads, undo{c, v})
	}
}

func (r *recorder) ask(l lookup) {
	if !r.asked[l] && (l.cell == nil || l.cell.id <= r.since) {
		r.asked[l] = true
		r.names = append(r.names, l)
	}
}

// merge adds what an evaluation inside of this one depends on.
func (r *recorder) merge(names []lookup, reads []undo) {
	for _, l := range names {
		r.ask(l)
	}
	for _, u := range reads {
		r.add(u.cell, u.old)
	}
}

// valid reports whether nothing has changed that m depends on.
func (m *memo) valid(vals []value) bool {
	return slices.EqualFunc(m.args, vals, equal) &&
		!slices.ContainsFunc(m.names, func(l lookup) bool { return l.scope.find(l.name) != l.cell }) &&
		!slices.ContainsFunc(m.reads, func(u undo) bool { return !equal(u.cell.v, u.old) })
}

// find returns the cell of a variable, or nil.
func (in *interp) find(name string) *cell {
	c := in.scope.find(name)
	if n := len(in.recorders); n > 0 {
		r := in.recorders[n-1]
		r.ask(lookup{r.scope, name, c})
	}
	if c != nil {
		in.read(c, 0)
	}
	return c
}

// read notes that a cell was read, with everything that can be reached from
// it.
func (in *interp) read(c *cell, depth int) {
	if n := len(in.recorders); n > 0 {
		r := in.recorders[n-1]
		if r.seen[c] {
			return
		}
		r.add(c, c.v)
		in.reachable(c.v, depth)
	}
}

func (in *interp) reachable(v value, depth int) {
	if depth > 8 {
		return
	}
	in.charge(len(v.alts) / 64)
	if v.ref != nil {
		in.read(&v.ref.cell, depth+1)
		if v.kind == isMethod {
			in.reachable(v.ref.recv, depth+1)
		}
	}
	for _, a := range v.alts {
		if a.ref != nil || len(a.alts) > 0 {
			in.reachable(a, depth+1)
		}
	}
}

// remembered evaluates a call of a macro unless that was done before.
func (in *interp) remembered(m *object, vals []value, run func() value) value {
	if in.fuzz == 0 || in.unreached > 0 {
		return run()
	}
	sum := in.summary(m.macro)
	var outer *recorder
	if n := len(in.recorders); n > 0 {
		outer = in.recorders[n-1]
	}
	for i := range sum.memos {
		old := &sum.memos[i]
		if in.charge(1 + len(old.reads)/8); !old.valid(vals) {
			continue
		}
		for _, w := range old.writes {
			in.write(w.cell, w.old)
		}
		if outer != nil {
			outer.merge(old.names, old.reads)
		}
		return old.out
	}
	r := &recorder{scope: m.scope, since: in.cells, seen: make(map[*cell]bool), asked: make(map[lookup]bool)}
	in.recorders = append(in.recorders, r)
	for _, v := range vals {
		in.reachable(v, 0)
	}
	mark := len(in.trail)
	out := run()
	in.recorders = in.recorders[:len(in.recorders)-1]
	if outer != nil {
		outer.merge(r.names, r.reads)
	}
	entry := memo{args: vals, names: r.names, reads: r.reads, out: out}
	order, now := in.changes(mark)
	for _, c := range order {
		if c.id <= r.since {
			entry.writes = append(entry.writes, undo{c, now[c]})
		}
	}
	if in.err == nil {
		sum.memos = append(sum.memos, entry)
		if len(sum.memos) > maxMemos {
			sum.memos = sum.memos[1:]
		}
	}
	return out
}
