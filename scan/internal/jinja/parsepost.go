package jinja

import "slices"

// postfix reads attributes, subscripts and calls after e.
func (p *parser) postfix(e *expr) (*expr, error) {
	for {
		t := p.peek()
		var err error
		switch {
		case p.accept("."):
			e, err = p.attribute(e, t.off)
		case p.accept("["):
			e, err = p.subscript(e, t.off)
		case p.is("("):
			e, err = p.call(expr{op: opCall, off: t.off}, e)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) attribute(e *expr, off int) (*expr, error) {
	t := p.next()
	switch t.kind {
	case tokName:
		return p.node(expr{op: opAttr, off: off, name: t.text}, e)
	case tokNumber:
		return p.node(expr{op: opItem, off: off}, e, &expr{op: opConst, off: t.off, val: number(t.text)})
	default:
		p.pos--
		return nil, p.unexpected("instead of an attribute")
	}
}

func (p *parser) subscript(e *expr, off int) (*expr, error) {
	parts := []*expr{e, nil, nil, nil}
	n, colons := 1, 0
	for !p.accept("]") {
		if p.accept(":") {
			n++
			colons++
			if n > 3 {
				return nil, syntaxError(off, "slice with too many parts")
			}
			continue
		}
		if parts[n] != nil {
			return nil, p.unexpected("in a subscript")
		}
		var err error
		if parts[n], err = p.tuple(true); err != nil {
			return nil, err
		}
	}
	if colons > 0 {
		return p.node(expr{op: opSlice, off: off}, parts...)
	}
	if parts[1] == nil {
		return nil, syntaxError(off, "subscript without a value")
	}
	return p.node(expr{op: opItem, off: off}, e, parts[1])
}

// call reads arguments in parentheses into e, whose first argument is subject.
func (p *parser) call(e expr, subject *expr) (*expr, error) {
	args := []*expr{subject}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for first := true; !p.accept(")"); first = false {
		if !first {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.accept(")") {
				break
			}
		}
		t := p.peek()
		if t.kind == tokName && p.toks[p.pos+1].kind == tokOp && p.toks[p.pos+1].text == "=" {
			p.pos += 2
			v, err := p.expression()
			if err != nil {
				return nil, err
			}
			e.kw = append(e.kw, kwarg{t.text, v})
			continue
		}
		spread := p.accept("*") || p.accept("**")
		v, err := p.expression()
		if err == nil && spread {
			v, err = p.node(expr{op: opSpread, off: t.off, name: t.text}, v)
		}
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return p.node(e, args...)
}

// filters reads filters and tests after e.
func (p *parser) filters(e *expr) (*expr, error) {
	for {
		var err error
		switch {
		case p.is("|"):
			e, err = p.filter(e, false)
		case p.is("is"):
			e, err = p.test(e)
		case p.is("("):
			e, err = p.call(expr{op: opCall, off: p.peek().off}, e)
		default:
			return e, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// filter reads filters after e; the first of a block has no bar before it.
func (p *parser) filter(e *expr, bare bool) (*expr, error) {
	for bare || p.is("|") {
		if !bare {
			p.pos++
		}
		bare = false
		off := p.peek().off
		name, err := p.dotted()
		if err != nil {
			return nil, err
		}
		f := expr{op: opFilter, off: off, name: name}
		if p.is("(") {
			e, err = p.call(f, e)
		} else {
			e, err = p.node(f, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (p *parser) dotted() (string, error) {
	name, err := p.name()
	for err == nil && p.accept(".") {
		var more string
		more, err = p.name()
		name += "." + more
	}
	return name, err
}

// test reads "is name", "is not name(args)" or "is name arg" after e.
func (p *parser) test(e *expr) (*expr, error) {
	off := p.next().off
	negated := p.accept("not")
	name, err := p.dotted()
	if err != nil {
		return nil, err
	}
	f := expr{op: opTest, off: off, name: name}
	t := p.peek()
	word := t.kind == tokName && !slices.Contains([]string{"else", "or", "and", "is", "if", "in", "not", "recursive"}, t.text)
	bracket := t.kind == tokOp && (t.text == "[" || t.text == "{")
	switch {
	case p.is("("):
		e, err = p.call(f, e)
	case word || bracket || t.kind == tokString || t.kind == tokNumber:
		var arg *expr
		if arg, err = p.primary(); err == nil {
			arg, err = p.postfix(arg)
		}
		if err != nil {
			return nil, err
		}
		e, err = p.node(f, e, arg)
	default:
		e, err = p.node(f, e)
	}
	if err == nil && negated {
		e, err = p.node(expr{op: opNot, off: off}, e)
	}
	return e, err
}
