package jinja

import (
	"slices"
	"strconv"
	"strings"

	"quintain"
)

// eval evaluates an expression.
func (in *interp) eval(e *expr) value {
	if e == nil {
		return unknown(0)
	}
	if in.charge(1); in.err != nil {
		return unknown(0)
	}
	switch e.op {
	case opConst:
		return e.val
	case opName:
		return in.lookup(e)
	case opList, opTuple:
		return in.site(e, isList, value{kind: isSeq, alts: in.evalAll(e.args)})
	case opDict:
		var pairs []value
		vals := in.evalAll(e.args)
		for i := 0; i+1 < len(vals); i += 2 {
			pairs = put(pairs, vals[i], vals[i+1], false)
		}
		return in.site(e, isDict, value{kind: isMap, alts: pairs})
	case opAttr:
		return in.access(e.off, in.eval(e.args[0]), text(e.name), spelling{dot, describe(e.args[0]), false})
	case opItem:
		base, key := in.eval(e.args[0]), in.eval(e.args[1])
		return in.access(e.off, base, key, spelling{item, describe(e.args[0]), e.args[1].op != opConst})
	case opSlice:
		return in.slice(e)
	case opCall:
		return in.call(e)
	case opFilter:
		return in.filter(e, in.eval(e.args[0]))
	case opTest:
		return in.test(e)
	case opCond:
		return in.inline(e)
	case opAnd, opOr:
		return in.logic(e)
	case opSpread:
		return in.eval(e.args[0])
	default:
		return in.operator(e)
	}
}

func (in *interp) evalAll(es []*expr) []value {
	out := make([]value, len(es))
	for i, e := range es {
		out[i] = in.eval(e)
	}
	return out
}

// site returns the list or dict that a place makes. Inside unknown loops it is
// one object for all rounds.
func (in *interp) site(e *expr, k kind, content value) value {
	if in.loops == 0 {
		return value{kind: k, ref: &object{cell: cell{v: content}}}
	}
	o := in.sites[e]
	if o == nil {
		o = &object{cell: cell{v: content}}
		in.sites[e] = o
	} else {
		in.write(&o.cell, join(o.cell.v, content))
	}
	return value{kind: k, ref: o}
}

// list returns a list of elements, or what stands for it if it is long.
func (in *interp) list(elems []value) value {
	in.charge(len(elems) / 16)
	if len(elems) > maxSeq {
		return unknown(in.origins(elems))
	}
	return list(elems)
}

// lookup returns the value of a variable.
func (in *interp) lookup(e *expr) value {
	if c := in.find(e.name); c != nil {
		return c.v
	}
	switch {
	case hosts[e.name]:
		in.note(e.off, quintain.High, "uses %q, through which web frameworks and Python expose the process; no chat runtime offers it", e.name)
		return value{bits: anObject, str: e.name}
	case builtins[e.name]:
		return function(e.name)
	case strings.HasSuffix(e.name, "_token"):
		// the author of the template chooses the special tokens too
		return unknown(aText)
	}
	v := value{bits: fromData, str: e.name}
	if strings.Contains(e.name, "message") || strings.Contains(e.name, "conversation") {
		v.bits |= inMessage
	}
	return v
}

// inline evaluates "a if cond else b".
func (in *interp) inline(e *expr) value {
	cond := in.eval(e.args[0])
	if cond.is(onTrigger) {
		in.planted(e.off, nil, e.args[1:])
	}
	var a, b value
	evalA := func() { a = in.eval(e.args[1]) }
	evalB := func() {
		if b = unknown(0); e.args[2] != nil {
			b = in.eval(e.args[2])
		}
	}
	trigger := cond.bits & onTrigger
	switch is, known := truth(cond); {
	case !known:
		in.branch(evalA, evalB)
		return join(a, b).with(trigger)
	case is:
		in.dead(evalB)
		evalA()
		return a.with(trigger)
	default:
		in.dead(evalA)
		evalB()
		return b.with(trigger)
	}
}

// logic evaluates "a and b" and "a or b", whose value is one of the two.
func (in *interp) logic(e *expr) value {
	a := in.eval(e.args[0])
	if a.is(onTrigger) {
		in.planted(e.off, nil, e.args[1:])
	}
	var b value
	is, known := truth(a)
	evalB := func() { b = in.eval(e.args[1]) }
	trigger := a.bits & onTrigger
	switch {
	case !known:
		in.branch(evalB, func() {})
		return join(a, b).with(trigger | b.bits&onTrigger)
	case is == (e.op == opOr): // a decides
		in.dead(evalB)
		return a
	default:
		evalB()
		return b.with(trigger)
	}
}

// operator evaluates the operators that compute.
func (in *interp) operator(e *expr) value {
	vals := in.evalAll(e.args)
	through := in.origins(vals) & (sticky | onTrigger)
	switch e.op {
	case opNot:
		if is, known := truth(vals[0]); known {
			return boolean(!is).with(through & onTrigger)
		}
		return unknown(aNumber | through)
	case opSign:
		if vals[0].kind == isInt && e.name == "-" {
			return integer(-vals[0].num)
		}
		return unknown(aNumber | through)
	case opConcat:
		out := text("")
		for _, v := range vals {
			out = in.concat(out, v)
		}
		return out
	case opCompare:
		return compare(e.name, vals[0], vals[1])
	default:
		return in.arithmetic(e, vals[0], vals[1])
	}
}

// compare evaluates a comparison and notices when it asks for a phrase in what
// was said, or for the date.
func compare(op string, a, b value) value {
	out := unknown(aNumber | (a.bits|b.bits)&(sticky|onTrigger))
	if phrase(a) && b.is(inContent) || phrase(b) && a.is(inContent) ||
		a.is(fromClock) && b.kind != isUnknown || b.is(fromClock) && a.kind != isUnknown {
		out.bits |= onTrigger
	}
	is, known := false, false
	switch op {
	case "==", "!=":
		simple := func(v value) bool { return v.kind == isText || v.kind == isInt || v.kind == isBool || v.kind == isNone }
		if known = simple(a) && simple(b); known {
			number := func(v value) bool { return v.kind == isInt || v.kind == isBool }
			same := a.kind == b.kind || number(a) && number(b) // True == 1
			is = (same && a.num == b.num && a.str == b.str) == (op == "==")
		}
	case "in", "not in":
		if s, ok := member(a, b); ok {
			is, known = s == (op == "in"), true
		}
	default:
		if known = a.kind == isInt && b.kind == isInt; known {
			is = op == "<" && a.num < b.num || op == "<=" && a.num <= b.num || op == ">" && a.num > b.num || op == ">=" && a.num >= b.num
		}
	}
	if known {
		return boolean(is).with(out.bits & onTrigger)
	}
	return out
}

// member reports whether a is in b, if that is known.
func member(a, b value) (is, known bool) {
	if b.kind == isText && a.kind == isText {
		return strings.Contains(b.str, a.str), true
	}
	if b.kind != isList && b.kind != isDict || b.ref.cell.v.open || a.kind != isText && a.kind != isInt {
		return false, false
	}
	step := 1
	if b.kind == isDict {
		step = 2
	}
	alts := b.ref.cell.v.alts
	for i := 0; i < len(alts); i += step {
		if alts[i].kind != isText && alts[i].kind != isInt {
			return false, false
		}
		if alts[i].kind == a.kind && alts[i].str == a.str && alts[i].num == a.num {
			return true, true
		}
	}
	return false, true
}

// show returns the text of a value, as printing it would.
func show(v value) value {
	switch v.kind {
	case isText:
		return v
	case isInt:
		return text(strconv.FormatInt(v.num, 10))
	case isBool:
		if v.num != 0 {
			return text("True")
		}
		return text("False")
	case isNone:
		return text("None")
	default:
		b := origin(v, 0)
		if b&inMessage != 0 {
			b |= inContent
		}
		return unknown(aText | b&(sticky|onTrigger))
	}
}

// concat returns the text of a followed by that of b.
func (in *interp) concat(a, b value) value {
	as, bs := a.each(), b.each()
	if len(as)*len(bs) > maxAlts {
		return unknown(aText | (origin(a, 0)|origin(b, 0))&(sticky|onTrigger))
	}
	var out []value
	for _, x := range as {
		for _, y := range bs {
			out = append(out, in.concat2(show(x), show(y)))
		}
	}
	return joined(out)[0]
}

func (in *interp) concat2(a, b value) value {
	if a.kind == isText && b.kind == isText {
		return in.long(a.str, b.str)
	}
	return unknown((a.bits | b.bits | aText) & (sticky | onTrigger | aText))
}

// long returns parts as one text if that is short enough to keep.
func (in *interp) long(parts ...string) value {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	in.charge(n / 256)
	if n > maxText {
		return unknown(aText)
	}
	return text(strings.Join(parts, ""))
}

// arithmetic evaluates a binary operator.
func (in *interp) arithmetic(e *expr, a, b value) value {
	if a.kind == isAlts || b.kind == isAlts {
		as, bs := a.each(), b.each()
		if len(as)*len(bs) <= maxAlts {
			var out []value
			for _, x := range as {
				for _, y := range bs {
					out = append(out, in.arithmetic(e, x, y))
				}
			}
			return joined(out)[0]
		}
	}
	switch {
	case a.kind == isInt && b.kind == isInt:
		return in.integers(e, a.num, b.num)
	case e.name == "+" && a.kind == isText && b.kind == isText:
		return in.long(a.str, b.str)
	case e.name == "+" && a.kind == isList && b.kind == isList && !a.ref.cell.v.open && !b.ref.cell.v.open:
		return in.list(append(slices.Clone(a.ref.cell.v.alts), b.ref.cell.v.alts...))
	case e.name == "+" && (a.kind == isList || b.kind == isList):
		return unknown(origin(a, 0) | origin(b, 0))
	case e.name == "*" && a.kind == isInt && b.kind != isInt:
		return in.times(e.off, b, a)
	case e.name == "*" && b.kind == isInt && a.kind != isUnknown:
		return in.times(e.off, a, b)
	case e.name == "%" && a.kind == isText:
		return in.percent(e.off, a, b)
	}
	through := (origin(a, 0) | origin(b, 0)) & (sticky | onTrigger)
	if e.name != "+" && e.name != "*" && e.name != "%" || a.is(aNumber) || b.is(aNumber) || a.kind == isInt || b.kind == isInt {
		if !a.is(aText) && !b.is(aText) {
			return unknown(aNumber | through)
		}
	}
	if through&inMessage != 0 {
		through |= inContent
	}
	return unknown(aText | through)
}

func (in *interp) integers(e *expr, a, b int64) value {
	const limit = 1 << 31
	if a >= limit || a <= -limit || b >= limit || b <= -limit {
		return unknown(aNumber)
	}
	switch e.name {
	case "+":
		return integer(a + b)
	case "-":
		return integer(a - b)
	case "*":
		return integer(a * b)
	case "//", "%":
		if b == 0 {
			return unknown(aNumber)
		}
		q := a / b
		if a%b != 0 && (a < 0) != (b < 0) {
			q--
		}
		if e.name == "%" {
			return integer(a - q*b)
		}
		return integer(q)
	case "**":
		if b > 1000 && (a > 1 || a < -1) {
			in.note(e.off, quintain.Medium, "computes %d to the power of %d, which stalls the runtime", a, b)
		}
	}
	return unknown(aNumber)
}

// times evaluates a text or list times a number.
func (in *interp) times(off int, v, n value) value {
	count := max(n.num, 0)
	switch v.kind {
	case isText:
		if len(v.str) > 0 && count > longText/int64(len(v.str)) {
			in.note(off, quintain.Medium, "makes a text of %d times %d characters, which exhausts the memory of the runtime", count, len(v.str))
		}
		if count > maxText || int(count)*len(v.str) > maxText {
			return unknown(aText)
		}
		in.charge(int(count) * len(v.str) / 256)
		return text(strings.Repeat(v.str, int(count)))
	case isList:
		m := v.ref.cell.v
		if count > longText {
			in.note(off, quintain.Medium, "makes a list of %d times %d elements, which exhausts the memory of the runtime", count, len(m.alts))
		}
		if m.open || count*int64(len(m.alts)) > maxSeq {
			return unknown(origin(v, 0))
		}
		var out []value
		for range count {
			out = append(out, m.alts...)
		}
		return in.list(out)
	case isBool:
		return unknown(aNumber)
	default:
		return unknown(origin(v, 0)&(sticky|aText) | aNumber)
	}
}
