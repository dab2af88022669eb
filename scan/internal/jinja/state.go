package jinja

// A scope holds the variables of a block.
type scope struct {
	vars   map[string]*cell
	parent *scope
}

func (s *scope) find(name string) *cell {
	for ; s != nil; s = s.parent {
		if c := s.vars[name]; c != nil {
			return c
		}
	}
	return nil
}

// An undo is what a cell held before it was written to.
type undo struct {
	cell *cell
	old  value
}

// write changes a cell; branch and loop can take it back.
func (in *interp) write(c *cell, v value) {
	in.charge(1 + len(v.alts)/16)
	if in.fuzz > 0 {
		in.trail = append(in.trail, undo{c, c.v})
	}
	c.v = v
}

// declare writes a variable of the innermost scope.
func (in *interp) declare(name string, v value) {
	c := in.scope.vars[name]
	if c == nil {
		in.cells++
		c = &cell{v: unknown(fromData), id: in.cells}
		if outer := in.find(name); outer != nil {
			c.v = outer.v
		}
		in.scope.vars[name] = c
	}
	in.write(c, v)
}

// inScope runs f in a scope of its own below parent.
func (in *interp) inScope(parent *scope, f func()) {
	saved := in.scope
	in.scope = &scope{vars: make(map[string]*cell), parent: parent}
	f()
	in.scope = saved
}

// changes returns what was written since a mark of the trail, in that order.
func (in *interp) changes(mark int) ([]*cell, map[*cell]value) {
	var order []*cell
	now := make(map[*cell]value)
	for _, u := range in.trail[mark:] {
		if _, ok := now[u.cell]; !ok {
			order = append(order, u.cell)
			now[u.cell] = u.cell.v
		}
	}
	return order, now
}

// rollback takes back what was written since a mark.
func (in *interp) rollback(mark int) {
	for i := len(in.trail) - 1; i >= mark; i-- {
		in.trail[i].cell.v = in.trail[i].old
	}
	in.trail = in.trail[:mark]
}

// branch runs alternatives, each from the present state, and goes on with what
// all of them have in common.
func (in *interp) branch(runs ...func()) {
	mark := len(in.trail)
	var order []*cell
	var ends []map[*cell]value
	in.fuzz++
	for _, run := range runs {
		run()
		cells, now := in.changes(mark)
		order = append(order, cells...)
		ends = append(ends, now)
		in.rollback(mark)
	}
	in.fuzz--
	done := make(map[*cell]bool)
	for _, c := range order {
		if done[c] {
			continue
		}
		done[c] = true
		var out value
		for i, end := range ends {
			v, ok := end[c]
			if !ok {
				v = c.v
			}
			if i == 0 {
				out = v
			} else {
				out = join(out, v)
			}
		}
		in.write(c, out)
	}
}

// dead runs f for what it reports and takes back what it wrote.
func (in *interp) dead(f func()) {
	mark := len(in.trail)
	in.fuzz++
	in.unreached++
	f()
	in.unreached--
	in.fuzz--
	in.rollback(mark)
}

// repeat runs body any number of times: until another time changes nothing.
func (in *interp) repeat(body func()) {
	in.fuzz++
	in.loops++
	since := in.cells // the variables of a round end with it
	for round := 0; in.err == nil; round++ {
		mark := len(in.trail)
		l := &exits{mark: mark, vals: make(map[*cell]value), outer: in.exits}
		in.exits = l
		body()
		in.exits = l.outer
		order, now := in.changes(mark)
		in.rollback(mark)
		changed := false
		for _, c := range append(order, l.order...) {
			v, ok := now[c]
			if c.id > since {
				continue
			}
			if !ok {
				v = c.v
			}
			if x, ok := l.vals[c]; ok {
				v = join(v, x)
			}
			v = join(c.v, v)
			switch {
			case equal(v, c.v):
				continue
			case round > 5:
				v = unknown(origin(v, 0) | aText | anObject)
			case round > 1:
				v = widen(c.v, v)
			}
			if !equal(v, c.v) {
				in.write(c, v)
				changed = true
			}
		}
		if !changed || round > 8 {
			break
		}
	}
	in.loops--
	in.fuzz--
}

// exits are the states in which a loop was left in its middle.
type exits struct {
	mark  int
	order []*cell
	vals  map[*cell]value
	outer *exits
}

// leave notes the present state as one in which the innermost loop may end.
func (in *interp) leave() {
	if in.exits == nil {
		return
	}
	order, now := in.changes(min(in.exits.mark, len(in.trail)))
	for _, c := range order {
		v := now[c]
		if old, ok := in.exits.vals[c]; ok {
			v = join(old, v)
		} else {
			in.exits.order = append(in.exits.order, c)
		}
		in.exits.vals[c] = v
	}
}
