package jinja

import "quintain"

// exec evaluates statements.
func (in *interp) exec(body []*stmt) {
	for _, s := range body {
		if in.charge(1); in.err != nil {
			return
		}
		in.statement(s)
	}
}

func (in *interp) statement(s *stmt) {
	switch s.kind {
	case stData:
		in.print(text(s.text))
	case stPrint:
		in.print(in.eval(s.exprs[0]))
	case stDo:
		in.eval(s.exprs[0])
	case stIf:
		in.ifStatement(s)
	case stFor:
		in.forStatement(s)
	case stSet:
		v := in.eval(s.exprs[0])
		if len(s.targets) == 1 {
			in.assign(s.targets[0], v)
		} else {
			in.unpack(s.targets, v)
		}
	case stBlock:
		v := in.capture(func() { in.inScope(in.scope, func() { in.exec(s.body) }) })
		if len(s.exprs) > 0 {
			v = in.pipe(s.exprs[0], v)
		}
		in.assign(s.targets[0], v)
	case stFilter:
		in.print(in.pipe(s.exprs[0], in.capture(func() { in.inScope(in.scope, func() { in.exec(s.body) }) })))
	case stMacro:
		in.declare(s.name, in.macroOf(s))
	case stCall:
		in.callBlock(s)
	case stWith:
		in.inScope(in.scope, func() {
			for i, t := range s.targets {
				in.assign(t, in.eval(s.exprs[i]))
			}
			in.exec(s.body)
		})
	case stScope:
		in.inScope(in.scope, func() { in.exec(s.body) })
	case stLoad:
		in.note(s.off, quintain.High, "loads another template or file: %s %s", s.name, describe(s.exprs[0]))
		in.eval(s.exprs[0])
		for _, t := range s.targets {
			in.assign(t, unknown(anObject))
		}
	case stBreak:
		in.leave()
	case stDebug:
		in.note(s.off, quintain.Medium, "prints everything that the runtime passed to the template")
	}
}

// callBlock calls a macro with a block that it can call in turn.
func (in *interp) callBlock(s *stmt) {
	caller, e := in.macroOf(s), s.exprs[0]
	if e.op != opCall {
		in.eval(e)
		return
	}
	f, a := in.eval(e.args[0]), in.arguments(e)
	a.kw["caller"] = caller
	in.print(in.callAll(e, f, a))
}

// print appends a value to what is printed.
func (in *interp) print(v value) {
	if in.out != nil {
		in.write(in.out, in.concat(in.out.v, v))
	}
}

// capture returns what f prints.
func (in *interp) capture(f func()) value {
	saved := in.out
	out := &cell{v: text("")}
	in.out = out
	f()
	in.out = saved
	return out.v
}

// pipe evaluates the filters of a block on what the block printed. The
// innermost subject of e is a placeholder.
func (in *interp) pipe(e *expr, v value) value {
	if e.op != opFilter {
		return v
	}
	return in.filter(e, in.pipe(e.args[0], v))
}

// assign writes to a target of an assignment.
func (in *interp) assign(t *expr, v value) {
	if in.triggers > 0 {
		v.bits |= onTrigger
	}
	switch t.op {
	case opName:
		in.declare(t.name, v)
	case opTuple:
		in.unpack(t.args, v)
	case opAttr:
		if internal(t.name, false) {
			in.reach(t.off, value{}, describe(t.args[0]), "."+t.name, false)
		}
		base := in.eval(t.args[0])
		for _, b := range base.each() {
			in.store(b, text(t.name), v, base.kind == isAlts)
		}
	default:
	}
}

// store sets an entry of a namespace or dict.
func (in *interp) store(base, key, v value, weak bool) {
	if base.kind != isSpace && base.kind != isDict {
		return
	}
	c := &base.ref.cell
	if key.kind == isAlts || key.kind == isUnknown || c.v.open {
		m := c.v
		m.alts = append(append([]value{}, m.alts...), key, v)
		in.write(c, collapse(m))
		return
	}
	m := value{kind: isMap, alts: append([]value{}, c.v.alts...)}
	m.alts = put(m.alts, key, v, weak)
	if len(m.alts) > maxSeq {
		m = collapse(m)
	}
	in.write(c, m)
}

// unpack writes the elements of v to targets.
func (in *interp) unpack(targets []*expr, v value) {
	elems, each, known := in.elements(v)
	for i, t := range targets {
		switch {
		case !known || len(elems) != len(targets):
			in.assign(t, each)
		default:
			in.assign(t, elems[i])
		}
	}
}

// ifStatement evaluates both branches, and keeps what the possible ones do.
func (in *interp) ifStatement(s *stmt) {
	cond := in.eval(s.exprs[0])
	trigger := cond.is(onTrigger)
	if trigger {
		in.planted(s.off, append(append([]*stmt{}, s.body...), s.other...), nil)
		in.triggers++
		defer func() { in.triggers-- }()
	}
	then, other := func() { in.exec(s.body) }, func() { in.exec(s.other) }
	switch is, known := truth(cond); {
	case !known:
		in.branch(then, other)
	case is:
		in.dead(other)
		then()
	default:
		in.dead(then)
		other()
	}
}

// hasBreak reports whether the loop with this body can end in its middle.
func hasBreak(body []*stmt) bool {
	for _, s := range body {
		if s.kind == stBreak || s.kind != stFor && s.kind != stMacro && (hasBreak(s.body) || hasBreak(s.other)) {
			return true
		}
	}
	return false
}

// forStatement runs a loop: once for each element if they are known, otherwise
// until nothing changes any more.
func (in *interp) forStatement(s *stmt) {
	over := in.eval(s.exprs[0])
	elems, each, known := in.elements(over)
	times := float64(len(elems))
	if over.kind == isUnknown && over.num <= manyItems { // of a range; longer ones are reported
		times = float64(over.num)
	}
	saved := in.work
	in.work *= max(times, 1)
	in.busy(s.off)
	if known && !hasBreak(s.body) && in.work*float64(2+len(s.body)) < float64(in.limit-in.steps)/2 {
		for i, e := range elems {
			if in.err != nil {
				break
			}
			at := in.loopOf(s, integer(int64(i)), integer(int64(len(elems))))
			in.iteration(s, e, at)
		}
	} else {
		in.repeat(func() {
			in.iteration(s, each, in.loopOf(s, unknown(aNumber), unknown(aNumber)))
		})
	}
	in.deeper(s)
	in.work = saved
	if len(s.other) > 0 {
		in.branch(func() { in.exec(s.other) }, func() {})
	}
}

// loopOf returns the variable loop in an iteration of s.
func (in *interp) loopOf(s *stmt, index, length value) value {
	o := in.made[s]
	if o == nil {
		o = &object{macro: s}
		in.made[s] = o
	}
	return value{kind: isLoop, ref: o, alts: []value{index, length}}
}

// deeper runs the body of a loop on what a recursive call of the loop was
// given.
func (in *interp) deeper(s *stmt) {
	sum := in.summary(s)
	for sum.rounds = 0; len(sum.args) > 0 && sum.rounds < 4 && in.err == nil; sum.rounds++ {
		elem := sum.args[0]
		in.repeat(func() { in.iteration(s, elem, in.loopOf(s, unknown(aNumber), unknown(aNumber))) })
		if equal(elem, sum.args[0]) {
			break
		}
	}
	sum.args = nil
}

// iteration runs the body of a loop once.
func (in *interp) iteration(s *stmt, elem, loop value) {
	in.inScope(in.scope, func() {
		in.declare("loop", loop)
		if len(s.targets) == 1 {
			in.assign(s.targets[0], elem)
		} else {
			in.unpack(s.targets, elem)
		}
		body := func() { in.exec(s.body) }
		if s.exprs[1] == nil {
			body()
			return
		}
		cond := in.eval(s.exprs[1])
		if cond.is(onTrigger) {
			in.planted(s.off, s.body, nil)
			in.triggers++
			defer func() { in.triggers-- }()
		}
		switch is, known := truth(cond); {
		case !known:
			in.branch(body, func() {})
		case is:
			body()
		default:
			in.dead(body)
		}
	})
}

const (
	manyTimes = 20e6     // runs of one place that no chat needs
	longText  = 64 << 20 // bytes of a text that no chat needs
)

// busy reports a place that runs absurdly often.
func (in *interp) busy(off int) {
	if in.work > manyTimes && !in.stalled {
		in.note(off, quintain.Medium, "loops %.3g times, which stalls the runtime", in.work)
		in.stalled = true
	}
}

// elements returns what iterating over v yields: the elements if they are
// known, and a value that stands for each of them in any case.
func (in *interp) elements(v value) (elems []value, each value, known bool) {
	all := func(vs []value) value {
		if len(vs) == 0 {
			return unknown(0)
		}
		if len(vs) > 64 {
			return blur(value{kind: isSeq, alts: vs})
		}
		return joined(vs)[0]
	}
	in.charge(1)
	switch v.kind {
	case isAlts:
		for _, a := range v.alts {
			_, e, _ := in.elements(a)
			elems = append(elems, e)
		}
		return nil, all(elems), false
	case isList, isSeq:
		content := v
		if v.kind == isList {
			content = v.ref.cell.v
		}
		in.charge(len(content.alts) / 16)
		return content.alts, all(content.alts), !content.open
	case isDict:
		m := v.ref.cell.v
		for i := 0; i+1 < len(m.alts); i += 2 {
			elems = append(elems, m.alts[i])
		}
		return elems, all(elems), !m.open
	case isText:
		if len(v.str) > maxSeq {
			return nil, unknown(aText | v.bits), false
		}
		for _, r := range v.str {
			elems = append(elems, text(string(r)))
		}
		in.charge(len(elems) / 16)
		return elems, all(elems), true
	case isUnknown:
		e := unknown(v.bits)
		e.chain = v.chain
		return nil, e, false
	case isNone, isInt, isBool:
		return nil, unknown(0), false
	default:
		return nil, unknown(anObject), false
	}
}

// truth returns whether v counts as true, if that is known.
func truth(v value) (is, known bool) {
	switch v.kind {
	case isText:
		return v.str != "", true
	case isInt, isBool:
		return v.num != 0, true
	case isNone:
		return false, true
	case isList, isDict:
		return len(v.ref.cell.v.alts) > 0, !v.ref.cell.v.open
	case isMacro, isMethod, isLoop, isSpace:
		return true, true
	case isAlts:
		first, ok := truth(v.alts[0])
		for _, a := range v.alts {
			if is, known := truth(a); !known || !ok || is != first {
				return false, false
			}
		}
		return first, ok
	default:
		return false, false
	}
}
