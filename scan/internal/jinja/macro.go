package jinja

import (
	"slices"

	"quintain"
)

// A call is a call of a macro that is being evaluated.
type call struct {
	macro *object
	args  []value
	fuzz  int
}

// A summary is what is known of the arguments of a macro that calls itself
// under conditions that cannot be decided.
type summary struct {
	args   []value
	rounds int
	called bool
	memos  []memo
}

const (
	maxCalls     = 60 // macros that call each other
	maxRecursion = 24 // calls of one macro inside each other that are followed
)

// macroOf returns the macro that a statement defines here. Inside unknown
// loops it is the same each time.
func (in *interp) macroOf(s *stmt) value {
	m := in.made[s]
	if m == nil || in.fuzz == 0 {
		m = &object{macro: s}
		in.made[s] = m
		in.macros = append(in.macros, m)
	}
	m.scope = in.scope
	return value{kind: isMacro, ref: m}
}

func (in *interp) summary(s *stmt) *summary {
	if in.sums[s] == nil {
		in.sums[s] = &summary{}
	}
	return in.sums[s]
}

// uncalled evaluates a macro that nobody called, on data of the caller.
func (in *interp) uncalled(m *object) {
	if in.summary(m.macro).called || in.err != nil {
		return
	}
	in.dead(func() { in.enter(m, in.bind(m.macro, nil, nil)) })
}

// args are the arguments of a call.
type args struct {
	pos    []value
	kw     map[string]value
	names  []string        // of kw, in their order
	spread bool            // there may be more
	exprs  []*expr         // of pos, unless there is a spread one
	made   map[string]bool // keywords whose values are no constants
}

// get returns an argument by position or name.
func (a *args) get(i int, name string) (value, bool) {
	if i >= 0 && i < len(a.pos) {
		return a.pos[i], true
	}
	v, ok := a.kw[name]
	return v, ok
}

// bind returns the values of the parameters of a macro, the block that it was
// called with, and the arguments without a parameter. Without a call all are
// data of the caller.
func (in *interp) bind(s *stmt, a *args, defaults func(*expr) value) []value {
	out := make([]value, len(s.params))
	for i, p := range s.params {
		v, ok := unknown(fromData|inMessage), a == nil
		if a != nil {
			v, ok = a.get(i, p.name)
		}
		switch {
		case ok && (a == nil || !a.spread):
		case ok:
			v = join(v, unknown(fromData|inMessage|aText))
		case a.spread:
			v = unknown(fromData | inMessage | aText)
		case p.val != nil:
			v = defaults(p.val)
		default:
			v = unknown(fromData)
		}
		out[i] = v
	}
	if a == nil {
		return append(out, unknown(aText), unknown(fromData|aText), unknown(fromData|aText))
	}
	more := []value{unknown(0), unknown(0)}
	if n := len(s.params); a.spread {
		more[0] = list1(unknown(fromData | aText))
	} else if len(a.pos) > n {
		more[0] = list(a.pos[n:])
	}
	for _, n := range a.names {
		if !slices.ContainsFunc(s.params, func(p kwarg) bool { return p.name == n }) {
			more[1] = join(more[1], dict([]value{text(n), a.kw[n]}))
		}
	}
	return append(out, a.kw["caller"], more[0], more[1])
}

// callMacro returns what a macro prints.
func (in *interp) callMacro(m *object, a *args, off int) value {
	sum := in.summary(m.macro)
	if in.unreached > 0 || in.err != nil {
		return unknown(aText)
	}
	sum.called = true
	vals := in.bind(m.macro, a, in.eval)
	same, inner := 0, -1
	for i, c := range in.calls {
		if c.macro.macro == m.macro {
			same++
			inner = i
		}
	}
	if same == 0 && len(in.calls) < maxCalls {
		return in.remembered(m, vals, func() value { return in.enter(m, vals) })
	}
	if inner >= 0 {
		last := in.calls[inner]
		decided := in.fuzz == last.fuzz
		if decided && same < maxRecursion && len(in.calls) < maxCalls {
			if slices.EqualFunc(last.args, vals, equal) && same > 2 {
				in.note(off, quintain.Medium, "macro %q calls itself without an end", m.macro.name)
				return unknown(aText)
			}
			return in.enter(m, vals)
		}
	}
	return in.again(m, sum, vals)
}

// again evaluates a recursive call once more, if its arguments are not covered
// by those of the calls before.
func (in *interp) again(m *object, sum *summary, vals []value) value {
	next := vals
	if sum.args != nil {
		next = make([]value, len(vals))
		for i := range vals {
			next[i] = join(sum.args[i], vals[i])
			if sum.rounds > 2 {
				next[i] = widen(sum.args[i], next[i])
			}
		}
		if slices.EqualFunc(sum.args, next, equal) || sum.rounds > 6 {
			return unknown(aText | in.origins(vals)&sticky)
		}
	}
	sum.args = next
	sum.rounds++
	in.fuzz++
	in.loops++
	v := in.enter(m, next)
	in.loops--
	in.fuzz--
	return v
}

func (in *interp) origins(vs []value) bits { return origin(value{kind: isSeq, alts: vs}, 0) }

// enter evaluates the body of a macro and returns what it prints.
func (in *interp) enter(m *object, vals []value) value {
	in.charge(4)
	in.calls = append(in.calls, call{m, vals, in.fuzz})
	saved := in.exits
	in.exits = nil
	out := in.capture(func() {
		in.inScope(m.scope, func() {
			for i, p := range m.macro.params {
				in.declare(p.name, vals[i])
			}
			for i, name := range []string{"caller", "varargs", "kwargs"} {
				in.declare(name, vals[len(m.macro.params)+i])
			}
			in.exec(m.macro.body)
		})
	})
	in.exits = saved
	in.calls = in.calls[:len(in.calls)-1]
	return out
}
