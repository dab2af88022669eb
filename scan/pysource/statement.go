package pysource

import (
	"bytes"
	"strings"

	"quintain"
)

const maxBroken = 20 // places where a source is broken

// run judges a source. Where it is broken, run goes on with the next line, and
// returns the first error at the end.
func (r *reader) run() error {
	r.scopes = []scope{{dent: -1, vars: make(map[string]value)}}
	l := lexer{b: r.b, fresh: true}
	var first error
	for range maxBroken {
		e := r.until(&l)
		if e == nil {
			break
		}
		if first == nil {
			first = e
		}
		r.toks, r.nest = r.toks[:0], 0
		l = lexer{b: r.b, i: len(r.b), fresh: true}
		if n := bytes.IndexByte(r.b[min(e.off, len(r.b)):], '\n'); n >= 0 {
			l.i = e.off + n
		}
	}
	r.ends()
	return first
}

// until judges statements up to the end or an error.
func (r *reader) until(l *lexer) (err *sourceError) {
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(*sourceError)
			if !ok {
				panic(v)
			}
			err = e
		}
	}()
	for {
		t, err := l.next()
		switch {
		case err != nil:
			return err
		case t.kind == line:
			r.statement(t.dent)
			r.toks = r.toks[:0]
		case t.kind == end:
			return nil
		default:
			r.toks = append(r.toks, t)
		}
	}
}

// ends judges what only the whole shows.
func (r *reader) ends() {
	if r.seen.socket > 0 && r.seen.dup > 0 && r.seen.process > 0 {
		r.reportf(quintain.Critical, 0, "hands a shell to the network: a socket takes the place of its input and output")
	}
}

// statement judges one logical line. Several statements may stand on it,
// behind colons.
func (r *reader) statement(dent int32) {
	r.i = 0
	for len(r.scopes) > 1 && dent <= r.scopes[len(r.scopes)-1].dent {
		r.scopes = r.scopes[:len(r.scopes)-1]
	}
	r.is("async")
	first := r.peek()
	if first.kind == name {
		switch r.word(first) {
		case "import":
			r.imports()
			return
		case "from":
			r.importsFrom()
			return
		case "def", "class":
			r.define(dent, r.word(first) == "class")
		case "del":
			r.i++
			for ; r.i < len(r.toks); r.i++ {
				if t := r.toks[r.i]; t.kind == name {
					delete(r.scopes[len(r.scopes)-1].vars, r.word(t))
				}
			}
			return
		case "for":
			r.loop()
		}
	}
	r.rest(dent)
}

// rest judges expressions, assignments, and what stands behind a colon.
func (r *reader) rest(dent int32) {
	for r.i < len(r.toks) {
		t := r.peek()
		if t.kind == name {
			switch w := r.word(t); w {
			case "import", "from":
				r.toks = r.toks[r.i:]
				r.statement(dent)
				return
			case "return", "raise", "assert", "while", "elif", "with", "try", "finally", "except", "global", "nonlocal", "pass", "break", "continue", "if", "else", "as":
				r.i++
				if w == "as" && r.peek().kind == name {
					r.i++
				}
				continue
			}
		}
		r.assign()
		if r.peek().kind == op {
			r.i++ // a colon, or a comma
		}
	}
}

// assign judges an expression, and what it is assigned to.
func (r *reader) assign() {
	var targets []string
	for {
		t := r.peek()
		if t.kind != name || r.i+1 >= len(r.toks) || r.toks[r.i+1].kind != op || r.word(r.toks[r.i+1]) != "=" {
			break
		}
		targets = append(targets, r.word(t))
		r.i += 2
	}
	if t := r.peek(); len(targets) == 0 && t.kind == name && r.i+1 < len(r.toks) && r.toks[r.i+1].kind == op && r.word(r.toks[r.i+1]) == "+=" {
		old := r.lookup(r.word(t))
		r.i += 2
		v := r.expr(":")
		if old.isStr && v.isStr && r.spend(len(old.str)+len(v.str)) {
			v.str = old.str + v.str
		} else {
			v.isStr = false
		}
		v.taint |= old.taint
		r.bind(r.word(t), v)
		return
	}
	if t := r.peek(); len(targets) == 0 && t.kind == name && r.i+1 < len(r.toks) && r.word(r.toks[r.i+1]) == ":" && r.hasEqual() {
		targets = append(targets, r.word(t)) // x: int = 1
		r.i += 2
		r.expr("=")
		if r.i < len(r.toks) {
			r.i++
		}
	}
	from := r.i
	v := r.expr(":")
	if len(targets) == 0 {
		r.spread(from, v)
		return
	}
	if v.path == "builtins.True" || v.path == "builtins.False" {
		v.path = ""
	}
	for _, s := range targets {
		r.bind(s, v)
	}
}

// hasEqual reports whether an assignment follows.
func (r *reader) hasEqual() bool {
	for _, t := range r.toks[r.i:] {
		if t.kind == op && r.word(t) == "=" {
			return true
		}
	}
	return false
}

// spread binds the names of "a, b = ..." and "x := ..." to all that is known.
func (r *reader) spread(from int, v value) {
	for i := from; i+1 < min(r.i, len(r.toks)); i++ {
		t := r.toks[i]
		if t.kind != name || r.toks[i+1].kind != op {
			continue
		}
		switch r.word(r.toks[i+1]) {
		case ",", "=", ":=":
			if i == from || r.toks[i-1].kind == op && strings.Contains("(,", r.word(r.toks[i-1])) {
				if _, ok := r.scopes[len(r.scopes)-1].vars[r.word(t)]; !ok && v.taint != 0 {
					r.bind(r.word(t), value{taint: v.taint})
				}
			}
		}
	}
}

// loop binds the names that a loop goes through.
func (r *reader) loop() {
	r.i++
	var targets []string
	for r.i < len(r.toks) && !r.is("in") {
		if t := r.toks[r.i]; t.kind == name {
			targets = append(targets, r.word(t))
		}
		r.i++
	}
	v := r.expr(":")
	for _, s := range targets {
		r.bind(s, value{taint: v.taint &^ hidden})
	}
}

// define enters a function or class.
func (r *reader) define(dent int32, class bool) {
	r.i++
	if t := r.peek(); t.kind == name {
		r.bind(r.word(t), value{})
		r.i++
	}
	inner := scope{dent: dent, class: class, vars: make(map[string]value)}
	if !r.is("(") {
		r.enter(inner)
		return
	}
	depth := 1
	for i := r.i; i < len(r.toks) && depth > 0 && !class; i++ {
		t := r.toks[i]
		if t.kind == op {
			switch r.word(t) {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			}
		}
		if t.kind == name && depth == 1 && i > 0 && r.toks[i-1].kind == op && strings.Contains("(,**", r.word(r.toks[i-1])) {
			inner.vars[r.word(t)] = value{}
		}
	}
	r.parameters()
	r.enter(inner)
}

// parameters evaluates what parameters are by default, or what a class is
// made from.
func (r *reader) parameters() {
	for r.i < len(r.toks) && !r.is(")") {
		if t := r.peek(); t.kind == name && r.i+1 < len(r.toks) && r.toks[r.i+1].kind == op && strings.Contains(":=", r.word(r.toks[r.i+1])) {
			r.i += 2
			continue
		}
		if t := r.peek(); t.kind == op && strings.Contains(",*/=:]}**", r.word(t)) {
			r.i++
			continue
		}
		before := r.i
		r.expr(",=")
		if r.i == before {
			r.i++
		}
	}
	if r.is("->") {
		r.expr(":")
	}
}

const maxScopes = 100 // more indentation is an error in Python, too

// enter enters a scope.
func (r *reader) enter(s scope) {
	if len(r.scopes) >= maxScopes {
		panic(&sourceError{int(r.toks[0].off), "functions inside each other"})
	}
	r.scopes = append(r.scopes, s)
}

// imports reads "import a.b, c as d".
func (r *reader) imports() {
	r.i++
	for r.i < len(r.toks) {
		path := r.dotted()
		if path == "" {
			r.i++
			continue
		}
		if r.is("as") {
			r.bind(r.word(r.peek()), value{path: canonical(path)})
			r.i++
		} else {
			root, _, _ := strings.Cut(path, ".")
			r.bind(root, value{path: strings.TrimSuffix(canonical(root+"."), ".")})
		}
		r.is(",")
	}
}

// importsFrom reads "from a import b, c as d".
func (r *reader) importsFrom() {
	r.i++
	path := r.dotted()
	if !r.is("import") {
		return
	}
	for r.i < len(r.toks) {
		if r.is("*") {
			r.stars = append(r.stars, strings.TrimSuffix(canonical(path+"."), "."))
			continue
		}
		t := r.peek()
		r.i++
		if t.kind != name {
			continue
		}
		what := value{path: canonical(path + "." + r.word(t))}
		as := r.word(t)
		if r.is("as") {
			as = r.word(r.peek())
			r.i++
		}
		r.bind(as, what)
	}
}

// dotted reads a name with dots in it.
func (r *reader) dotted() string {
	var s strings.Builder
	for r.i < len(r.toks) {
		t := r.toks[r.i]
		w := r.word(t)
		if t.kind == name && (w == "import" || w == "as") || t.kind != name && w != "." && w != "..." {
			break
		}
		s.WriteString(w)
		r.i++
	}
	return s.String()
}
