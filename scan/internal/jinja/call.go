package jinja

import (
	"strings"

	"quintain"
)

// call evaluates a call.
func (in *interp) call(e *expr) value {
	f := in.eval(e.args[0])
	return in.callAll(e, f, in.arguments(e))
}

// callAll calls every alternative of f.
func (in *interp) callAll(e *expr, f value, a *args) value {
	var out []value
	for _, c := range f.each() {
		out = append(out, in.call1(e, c, a))
	}
	return joined(out)[0]
}

// arguments evaluates the arguments of a call, filter or test.
func (in *interp) arguments(e *expr) *args {
	a := &args{kw: make(map[string]value), made: make(map[string]bool), exprs: e.args[1:]}
	for _, x := range e.args[1:] {
		v := in.eval(x)
		if x.op != opSpread {
			a.pos = append(a.pos, v)
			continue
		}
		if elems, _, known := in.elements(v); known && x.name == "*" && !a.spread {
			a.pos = append(a.pos, elems...)
		} else {
			a.spread = true
		}
	}
	for _, k := range e.kw {
		a.kw[k.name] = in.eval(k.val)
		a.made[k.name] = k.val.op != opConst
		a.names = append(a.names, k.name)
	}
	return a
}

// all returns the values of all arguments.
func (a *args) all() []value {
	out := append([]value{}, a.pos...)
	for _, n := range a.names {
		out = append(out, a.kw[n])
	}
	return out
}

func (in *interp) call1(e *expr, f value, a *args) value {
	switch f.kind {
	case isFunc:
		return in.builtin(e, f.str, a)
	case isMacro:
		return in.callMacro(f.ref, a, e.off)
	case isMethod:
		return in.method(e.off, f.ref.recv, f.str, a)
	case isUnknown:
		return in.callUnknown(e, f, a)
	case isLoop: // loop(items) of a recursive loop
		_, each, _ := in.elements(a.first())
		sum := in.summary(f.ref.macro)
		sum.args = joined(append(sum.args, each))
		if sum.rounds > 1 {
			sum.args[0] = blur(sum.args[0])
		}
		return unknown(aText | in.origins(a.pos)&sticky)
	default:
		return unknown(anObject)
	}
}

// callUnknown judges a call of something that is not known.
func (in *interp) callUnknown(e *expr, f value, a *args) value {
	name := f.str
	through := (f.bits | in.origins(a.all())) & (sticky | onTrigger)
	root := e.args[0].op == opName
	switch {
	case f.chain != nil:
		return value{bits: anObject, chain: f.chain.step("("+in.literals(a)+")", true, false)}
	case root && hosts[name]: // reported
	case in.unreached > 0 && f.bits == 0: // of a value that is not there
		return unknown(0)
	case root && f.is(fromData):
		in.note(e.off, quintain.None, "calls %q, which is no function of the usual runtimes", name)
	case runners[name]:
		in.note(e.off, quintain.High, "would run or read something: calls %s(%s)", describe(e.args[0]), in.literals(a))
	case name == "", f.is(lookedUp) && !methods[name]:
		in.note(e.off, quintain.High, "calls %s, which it looked up under a name that cannot be known before it runs", describe(e.args[0]))
	case !methods[name]:
		in.note(e.off, quintain.Medium, "calls method %q of %s, which no template needs", name, describe(e.args[0]))
	default:
		return in.method(e.off, value{bits: f.bits}, name, a)
	}
	return unknown(anObject | aText | through)
}

// literals shows the known texts among arguments.
func (in *interp) literals(a *args) string {
	var out []string
	for _, v := range a.all() {
		switch v.kind {
		case isText:
			out = append(out, `"`+short(v.str)+`"`)
		case isInt:
			out = append(out, show(v).str)
		default:
			out = append(out, "…")
		}
	}
	return short(strings.Join(out, ", "))
}

const manyItems = 2_000_000 // elements of a range that no chat needs

// builtin calls a function of the environment.
func (in *interp) builtin(e *expr, name string, a *args) value {
	switch name {
	case "range":
		return in.rangeOf(e.off, a)
	case "dict", "namespace":
		return in.newDict(e, name, a)
	case "cycler", "joiner":
		vals := a.all()
		return unknown(in.origins(vals) | aText)
	case "lipsum":
		if n, ok := a.get(0, "n"); ok && n.kind == isInt && n.num > 10_000 {
			in.note(e.off, quintain.Medium, "makes %d paragraphs of filler, which stalls the runtime", n.num)
		}
		return unknown(aText)
	case "strftime_now":
		// without a directive the format comes back as it is
		if f, ok := a.get(0, "format"); ok && f.kind == isText && !strings.Contains(f.str, "%") {
			return f
		}
		return unknown(aText | fromClock)
	case "raise_exception":
		return unknown(0)
	default: // caller, super, loop.cycle, loop.changed, self
		return unknown(aText | in.origins(a.all()))
	}
}

// rangeOf returns the numbers of a range.
func (in *interp) rangeOf(off int, a *args) value {
	nums := []int64{0, 0, 1}
	switch n := len(a.pos); {
	case a.spread || n == 0 || n > 3:
		return unknown(aNumber)
	case n == 1:
		if a.pos[0].kind != isInt {
			return unknown(aNumber)
		}
		nums[1] = a.pos[0].num
	default:
		for i, v := range a.pos {
			if v.kind != isInt {
				return unknown(aNumber)
			}
			nums[i] = v.num
		}
	}
	start, stop, step := nums[0], nums[1], nums[2]
	const limit = 1 << 60
	if step == 0 || start > limit || start < -limit || stop > limit || stop < -limit || step > limit || step < -limit {
		if step != 0 {
			in.note(off, quintain.Medium, "counts from %d to %d, which stalls the runtime", start, stop)
		}
		return unknown(aNumber)
	}
	n := max((stop-start+step-sign(step))/step, 0)
	if n > manyItems {
		in.note(off, quintain.Medium, "counts from %d to %d, which stalls the runtime", start, stop)
	}
	if n > maxSeq {
		return value{bits: aNumber, num: n}
	}
	out := make([]value, n)
	for i := range out {
		out[i] = integer(start + int64(i)*step)
	}
	return in.list(out)
}

func sign(i int64) int64 {
	if i < 0 {
		return -1
	}
	return 1
}

// newDict makes a dict or a namespace.
func (in *interp) newDict(e *expr, name string, a *args) value {
	m := value{kind: isMap, open: a.spread}
	for _, p := range a.pos {
		if p.kind == isDict {
			m.alts = append(m.alts, p.ref.cell.v.alts...)
			m.open = m.open || p.ref.cell.v.open
			continue
		}
		_, each, _ := in.elements(p) // pairs
		in.charge(1)
		_, part, _ := in.elements(each)
		m.open = true
		m.alts = append(m.alts, part, part)
	}
	if a.spread {
		m.alts = append(m.alts, unknown(fromData|aText), unknown(fromData|aText))
	}
	for _, k := range a.names {
		key := text(k)
		if strings.ContainsFunc(k, func(r rune) bool { return r > '~' }) {
			key = unknown(aText) // Python normalizes names: letters can become ASCII
		}
		m.alts = put(m.alts, key, a.kw[k], false)
	}
	if m.open {
		m = collapse(m)
	}
	if name == "namespace" {
		return in.site(e, isSpace, m)
	}
	return in.site(e, isDict, m)
}
