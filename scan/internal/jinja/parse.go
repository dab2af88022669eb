package jinja

import (
	"slices"
)

const (
	maxBlocks = 100  // blocks inside each other
	maxExprs  = 500  // expressions inside each other
	maxElifs  = 2000 // elif tags of a template
)

// A parser turns tokens into statements.
type parser struct {
	toks   []token
	pos    int
	blocks int
	level  int // expressions inside each other
	elifs  int
}

// parse returns the statements of a template.
func parse(src string) ([]*stmt, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	body, _, err := p.body("")
	return body, err
}

func (p *parser) peek() token { return p.toks[p.pos] }

func (p *parser) next() token {
	t := p.toks[p.pos]
	if t.kind != tokEOF {
		p.pos++
	}
	return t
}

// is reports whether the next token is an operator or a name.
func (p *parser) is(text string) bool {
	t := p.peek()
	return (t.kind == tokOp || t.kind == tokName) && t.text == text
}

// accept takes the next token if it is text.
func (p *parser) accept(text string) bool {
	if p.is(text) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if p.accept(text) {
		return nil
	}
	return p.unexpected("instead of " + text)
}

func (p *parser) unexpected(how string) error {
	t := p.peek()
	what := t.text
	if t.kind == tokEOF {
		what = "end of the template"
	}
	return syntaxError(t.off, "unexpected %q %s", what, how)
}

func (p *parser) name() (string, error) {
	if t := p.peek(); t.kind == tokName {
		p.pos++
		return t.text, nil
	}
	return "", p.unexpected("instead of a name")
}

func (p *parser) endTag() error {
	if p.peek().kind != tokBlockEnd {
		return p.unexpected("instead of the end of the tag")
	}
	p.pos++
	return nil
}

// body reads statements up to a tag named in ends, which it returns with the
// position after the name; an empty end is the end of the template.
func (p *parser) body(ends ...string) (out []*stmt, end string, err error) {
	if p.blocks++; p.blocks > maxBlocks {
		return nil, "", syntaxError(p.peek().off, "more than %d blocks inside each other", maxBlocks)
	}
	defer func() { p.blocks-- }()
	for {
		t := p.next()
		var s *stmt
		switch t.kind {
		case tokEOF:
			if slices.Contains(ends, "") {
				return out, "", nil
			}
			return nil, "", syntaxError(t.off, "the template ends where %s is missing", ends[len(ends)-1])
		case tokData:
			s = &stmt{kind: stData, text: t.text}
		case tokPrint:
			e, err := p.tuple(true)
			if err != nil {
				return nil, "", err
			}
			if p.peek().kind != tokPrintEnd {
				return nil, "", p.unexpected("in an expression")
			}
			p.pos++
			s = &stmt{kind: stPrint, exprs: []*expr{e}}
		default: // tokBlock: the lexer yields nothing else out of a tag
			name, err := p.name()
			if err != nil {
				return nil, "", err
			}
			if slices.Contains(ends, name) {
				return out, name, nil
			}
			if s, err = p.statement(name, t.off); err != nil {
				return nil, "", err
			}
		}
		s.off = t.off
		out = append(out, s)
	}
}

// block reads the rest of a tag and the statements up to its end tag.
func (p *parser) block(s *stmt, end string) (*stmt, error) {
	if err := p.endTag(); err != nil {
		return nil, err
	}
	var err error
	if s.body, _, err = p.body(end); err != nil {
		return nil, err
	}
	if p.peek().kind == tokName { // {% endblock name %}
		p.pos++
	}
	return s, p.endTag()
}

// statement reads the statement of a tag after its name.
func (p *parser) statement(name string, off int) (*stmt, error) {
	switch name {
	case "if":
		return p.ifStatement()
	case "for":
		return p.forStatement()
	case "set":
		return p.setStatement()
	case "macro":
		return p.macroStatement()
	case "call":
		return p.callStatement()
	case "with":
		return p.withStatement()
	case "filter":
		subject := &expr{op: opConst, off: off, val: unknown(aText)}
		e, err := p.filter(subject, true)
		if err != nil {
			return nil, err
		}
		return p.block(&stmt{kind: stFilter, exprs: []*expr{e}}, "endfilter")
	case "do":
		e, err := p.tuple(true)
		if err != nil {
			return nil, err
		}
		return &stmt{kind: stDo, exprs: []*expr{e}}, p.endTag()
	case "break", "continue":
		return &stmt{kind: stBreak}, p.endTag()
	case "debug":
		return &stmt{kind: stDebug}, p.endTag()
	case "generation":
		return p.block(&stmt{kind: stScope}, "endgeneration")
	case "autoescape", "block":
		for p.peek().kind != tokBlockEnd && p.peek().kind != tokEOF {
			p.pos++
		}
		return p.block(&stmt{kind: stScope}, "end"+name)
	case "include", "import", "from", "extends":
		return p.loadStatement(name)
	}
	return nil, syntaxError(off, "unknown tag %q", name)
}

func (p *parser) ifStatement() (*stmt, error) {
	cond, err := p.tuple(true)
	if err != nil {
		return nil, err
	}
	s := &stmt{kind: stIf, exprs: []*expr{cond}}
	if err := p.endTag(); err != nil {
		return nil, err
	}
	// elif chains are unrolled here so that their length costs no stack
	at := s
	for {
		body, end, err := p.body("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		at.body = body
		switch end {
		case "elif":
			off := p.peek().off
			cond, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			if err := p.endTag(); err != nil {
				return nil, err
			}
			at.other = []*stmt{{kind: stIf, off: off, exprs: []*expr{cond}}}
			at = at.other[0]
			if p.elifs++; p.elifs > maxElifs {
				return nil, syntaxError(off, "too many branches")
			}
			continue
		case "else":
			if err := p.endTag(); err != nil {
				return nil, err
			}
			if at.other, _, err = p.body("endif"); err != nil {
				return nil, err
			}
		}
		return s, p.endTag()
	}
}

func (p *parser) forStatement() (*stmt, error) {
	targets, err := p.targets()
	if err != nil {
		return nil, err
	}
	if err := p.expect("in"); err != nil {
		return nil, err
	}
	over, err := p.tuple(false)
	if err != nil {
		return nil, err
	}
	s := &stmt{kind: stFor, targets: targets, exprs: []*expr{over, nil}}
	if p.accept("if") {
		if s.exprs[1], err = p.expression(); err != nil {
			return nil, err
		}
	}
	p.accept("recursive")
	if err := p.endTag(); err != nil {
		return nil, err
	}
	body, end, err := p.body("else", "endfor")
	if err != nil {
		return nil, err
	}
	s.body = body
	if end == "else" {
		if err := p.endTag(); err != nil {
			return nil, err
		}
		if s.other, _, err = p.body("endfor"); err != nil {
			return nil, err
		}
	}
	return s, p.endTag()
}

// targets reads the names that a statement assigns to.
func (p *parser) targets() ([]*expr, error) {
	var out []*expr
	for {
		t := p.peek()
		var e *expr
		if p.accept("(") {
			inner, err := p.targets()
			if err != nil {
				return nil, err
			}
			if err := p.expect(")"); err != nil {
				return nil, err
			}
			e = &expr{op: opTuple, off: t.off, args: inner}
		} else {
			name, err := p.name()
			if err != nil {
				return nil, err
			}
			e = &expr{op: opName, off: t.off, name: name}
			for p.accept(".") {
				attr, err := p.name()
				if err != nil {
					return nil, err
				}
				if e, err = p.node(expr{op: opAttr, off: t.off, name: attr}, e); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, e)
		if !p.accept(",") || p.is("in") || p.is("=") {
			return out, nil
		}
	}
}

func (p *parser) setStatement() (*stmt, error) {
	targets, err := p.targets()
	if err != nil {
		return nil, err
	}
	s := &stmt{kind: stSet, targets: targets}
	if p.accept("=") {
		e, err := p.tuple(true)
		if err != nil {
			return nil, err
		}
		s.exprs = []*expr{e}
		return s, p.endTag()
	}
	s.kind = stBlock
	if p.is("|") {
		subject := &expr{op: opConst, off: p.peek().off, val: unknown(aText)}
		e, err := p.filter(subject, false)
		if err != nil {
			return nil, err
		}
		s.exprs = []*expr{e}
	}
	return p.block(s, "endset")
}
