package jinja

import "slices"

// node returns an expression with args below it.
func (p *parser) node(e expr, args ...*expr) (*expr, error) {
	e.args = args
	for _, a := range args {
		if a != nil {
			e.depth = max(e.depth, a.depth+1)
		}
	}
	for _, k := range e.kw {
		e.depth = max(e.depth, k.val.depth+1)
	}
	if e.depth > maxExprs {
		return nil, syntaxError(e.off, "more than %d expressions inside each other", maxExprs)
	}
	return &e, nil
}

// expression reads one expression, conditional ones included.
func (p *parser) expression() (*expr, error) { return p.conditional(true) }

// conditional reads an expression; without inline conditions an if ends it.
func (p *parser) conditional(inline bool) (*expr, error) {
	if p.level++; p.level > maxExprs {
		return nil, syntaxError(p.peek().off, "more than %d expressions inside each other", maxExprs)
	}
	defer func() { p.level-- }()
	e, err := p.chain("or", opOr, func() (*expr, error) { return p.chain("and", opAnd, p.not) })
	for err == nil && inline && p.is("if") {
		off := p.next().off
		var cond, other *expr
		if cond, err = p.chain("or", opOr, func() (*expr, error) { return p.chain("and", opAnd, p.not) }); err != nil {
			return nil, err
		}
		if p.accept("else") {
			if other, err = p.conditional(true); err != nil {
				return nil, err
			}
		}
		e, err = p.node(expr{op: opCond, off: off}, cond, e, other)
	}
	return e, err
}

// tuple reads one expression, or several with commas between them.
func (p *parser) tuple(inline bool) (*expr, error) {
	first, err := p.conditional(inline)
	if err != nil || !p.is(",") {
		return first, err
	}
	args := []*expr{first}
	for p.accept(",") {
		if t := p.peek(); t.kind == tokBlockEnd || t.kind == tokPrintEnd || p.is(")") || p.is("=") {
			break
		}
		e, err := p.conditional(inline)
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	return p.node(expr{op: opTuple, off: first.off}, args...)
}

// chain reads operands of next with the operator word between them.
func (p *parser) chain(word string, op op, next func() (*expr, error)) (*expr, error) {
	e, err := next()
	for err == nil && p.is(word) {
		off := p.next().off
		var right *expr
		if right, err = next(); err != nil {
			return nil, err
		}
		e, err = p.node(expr{op: op, off: off}, e, right)
	}
	return e, err
}

func (p *parser) not() (*expr, error) {
	if !p.is("not") {
		return p.compare()
	}
	if p.level++; p.level > maxExprs {
		return nil, syntaxError(p.peek().off, "more than %d expressions inside each other", maxExprs)
	}
	defer func() { p.level-- }()
	off := p.next().off
	e, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.node(expr{op: opNot, off: off}, e)
}

// compare reads comparisons; "a < b < c" means "a < b and b < c".
func (p *parser) compare() (*expr, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	var out *expr
	for {
		t := p.peek()
		name := t.text
		switch {
		case t.kind == tokOp && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, name):
			p.pos++
		case p.accept("in"):
		case p.is("not") && p.pos+1 < len(p.toks) && p.toks[p.pos+1].text == "in":
			p.pos += 2
			name = "not in"
		default:
			if out == nil {
				return left, nil
			}
			return out, nil
		}
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		c, err := p.node(expr{op: opCompare, off: t.off, name: name}, left, right)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = c
		} else if out, err = p.node(expr{op: opAnd, off: t.off}, out, c); err != nil {
			return nil, err
		}
		left = right
	}
}

// binary reads operands of next with one of the operators between them.
func (p *parser) binary(ops []string, next func() (*expr, error)) (*expr, error) {
	e, err := next()
	for err == nil {
		t := p.peek()
		if t.kind != tokOp || !slices.Contains(ops, t.text) {
			break
		}
		p.pos++
		var right *expr
		if right, err = next(); err != nil {
			return nil, err
		}
		e, err = p.node(expr{op: opBinary, off: t.off, name: t.text}, e, right)
	}
	return e, err
}

func (p *parser) sum() (*expr, error) {
	return p.binary([]string{"+", "-"}, func() (*expr, error) {
		return p.concat(func() (*expr, error) {
			return p.binary([]string{"*", "/", "//", "%"}, func() (*expr, error) {
				return p.binary([]string{"**"}, func() (*expr, error) { return p.unary(true) })
			})
		})
	})
}

func (p *parser) concat(next func() (*expr, error)) (*expr, error) {
	first, err := next()
	if err != nil || !p.is("~") {
		return first, err
	}
	args := []*expr{first}
	for p.accept("~") {
		e, err := next()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
	}
	return p.node(expr{op: opConcat, off: first.off}, args...)
}

func (p *parser) unary(filters bool) (*expr, error) {
	if p.level++; p.level > maxExprs {
		return nil, syntaxError(p.peek().off, "more than %d expressions inside each other", maxExprs)
	}
	defer func() { p.level-- }()
	t := p.peek()
	var e *expr
	var err error
	if t.kind == tokOp && (t.text == "-" || t.text == "+") {
		p.pos++
		if e, err = p.unary(false); err == nil {
			e, err = p.node(expr{op: opSign, off: t.off, name: t.text}, e)
		}
	} else {
		e, err = p.primary()
	}
	if err == nil {
		e, err = p.postfix(e)
	}
	if err == nil && filters {
		e, err = p.filters(e)
	}
	return e, err
}

var constants = map[string]value{
	"true": boolean(true), "True": boolean(true), "false": boolean(false), "False": boolean(false),
	"none": {kind: isNone}, "None": {kind: isNone},
}

func (p *parser) primary() (*expr, error) {
	t := p.peek()
	switch t.kind {
	case tokName:
		p.pos++
		if v, ok := constants[t.text]; ok {
			return &expr{op: opConst, off: t.off, val: v}, nil
		}
		return &expr{op: opName, off: t.off, name: t.text}, nil
	case tokNumber:
		p.pos++
		return &expr{op: opConst, off: t.off, val: number(t.text)}, nil
	case tokString:
		return p.str()
	case tokOp:
		switch t.text {
		case "(":
			p.pos++
			if p.accept(")") {
				return &expr{op: opTuple, off: t.off}, nil
			}
			e, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			return e, p.expect(")")
		case "[":
			p.pos++
			args, err := p.items("]", false)
			if err != nil {
				return nil, err
			}
			return p.node(expr{op: opList, off: t.off}, args...)
		case "{":
			p.pos++
			args, err := p.items("}", true)
			if err != nil {
				return nil, err
			}
			return p.node(expr{op: opDict, off: t.off}, args...)
		}
	default:
	}
	return nil, p.unexpected("instead of a value")
}

// str reads string literals that follow each other as one.
func (p *parser) str() (*expr, error) {
	e := &expr{op: opConst, off: p.peek().off, val: text("")}
	for p.peek().kind == tokString {
		t := p.next()
		s, ok := unquote(t.text)
		if !ok {
			return nil, syntaxError(t.off, "string with an escape that is not understood")
		}
		e.val.str += s
	}
	return e, nil
}

// items reads the elements of a list or, with pairs, of a dict.
func (p *parser) items(end string, pairs bool) ([]*expr, error) {
	var out []*expr
	for !p.accept(end) {
		if len(out) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.accept(end) {
				break
			}
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		if !pairs {
			continue
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		if e, err = p.expression(); err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
