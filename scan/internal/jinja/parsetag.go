package jinja

// params reads the parameters of a macro, if there are any.
func (p *parser) params() ([]kwarg, error) {
	var out []kwarg
	if !p.accept("(") {
		return nil, nil
	}
	for !p.accept(")") {
		if len(out) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.accept(")") {
				break
			}
		}
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		k := kwarg{name: name}
		if p.accept("=") {
			if k.val, err = p.expression(); err != nil {
				return nil, err
			}
		}
		out = append(out, k)
	}
	return out, nil
}

func (p *parser) macroStatement() (*stmt, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if !p.is("(") {
		return nil, p.unexpected("instead of the parameters of a macro")
	}
	params, err := p.params()
	if err != nil {
		return nil, err
	}
	return p.block(&stmt{kind: stMacro, name: name, params: params}, "endmacro")
}

func (p *parser) callStatement() (*stmt, error) {
	params, err := p.params()
	if err != nil {
		return nil, err
	}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	return p.block(&stmt{kind: stCall, params: params, exprs: []*expr{e}}, "endcall")
}

func (p *parser) withStatement() (*stmt, error) {
	s := &stmt{kind: stWith}
	for p.peek().kind != tokBlockEnd {
		if len(s.targets) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		t := p.peek()
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if err := p.expect("="); err != nil {
			return nil, err
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		s.targets = append(s.targets, &expr{op: opName, off: t.off, name: name})
		s.exprs = append(s.exprs, e)
	}
	return p.block(s, "endwith")
}

// loadStatement reads a tag that loads another template. What it loads and
// under which names does not matter: it is reported.
func (p *parser) loadStatement(name string) (*stmt, error) {
	s := &stmt{kind: stLoad, name: name}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	s.exprs = []*expr{e}
	for p.peek().kind == tokName || p.is(",") {
		t := p.next()
		switch t.text {
		case "as":
			as, err := p.name()
			if err != nil {
				return nil, err
			}
			s.targets = append(s.targets, &expr{op: opName, off: t.off, name: as})
		case ",", "import", "with", "without", "context", "ignore", "missing":
		default:
			s.targets = append(s.targets, &expr{op: opName, off: t.off, name: t.text})
		}
	}
	return s, p.endTag()
}
