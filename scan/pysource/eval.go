package pysource

import (
	"strings"

	"quintain"
)

// A taint says where a value may come from.
type taint uint8

const (
	decoded taint = 1 << iota // unpacked or put together at run time
	fetched                   // from the network
	environ                   // the environment of the process, or secrets
	hidden                    // reached by a detour: a function looked up by name
)

// A value is what is known of the value of an expression.
type value struct {
	path  string // of something imported or built in: "os.system", "requests.get()"
	str   string
	isStr bool
	taint taint
	off   int
}

// join returns what is known of a value made of two.
func join(a, b value) value {
	return value{taint: (a.taint | b.taint) &^ hidden, off: a.off}
}

// An arg is an argument of a call.
type arg struct {
	key string
	value
}

// A reader judges the statements of one source.
type reader struct {
	out    func(s quintain.Severity, off int, format string, args ...any)
	b      []byte
	at     int // if not negative: where the text stands that b was made from
	depth  int // texts inside each other
	budget *int
	toks   []token
	i      int
	nest   int
	scopes []scope
	stars  []string // modules all of whose names were imported
	seen   marks
	setup  bool // the file installs a package
}

// marks are what the source was seen to do anywhere.
type marks struct{ socket, dup, process int }

// A scope is the body of a module, function or class.
type scope struct {
	dent  int32
	class bool
	vars  map[string]value
}

const (
	maxDepth = 200 // expressions inside each other
	maxCode  = 6   // sources inside each other
)

func (r *reader) reportf(s quintain.Severity, off int, format string, args ...any) {
	if r.at >= 0 {
		off = r.at
	}
	r.out(s, off, format, args...)
}

// word returns the text of a token.
func (r *reader) word(t token) string { return string(r.b[t.off:t.stop]) }

// peek returns the next token of the statement.
func (r *reader) peek() token {
	if r.i < len(r.toks) {
		return r.toks[r.i]
	}
	return token{kind: end}
}

// is reports whether the next token is an operator or a word, and passes it.
func (r *reader) is(s string) bool {
	t := r.peek()
	if (t.kind == op || t.kind == name) && r.word(t) == s {
		r.i++
		return true
	}
	return false
}

// expr evaluates what comes up to a closing bracket, one of the operators in
// stop, or the end, and returns what all of it amounts to.
func (r *reader) expr(stop string) value {
	if r.nest++; r.nest > maxDepth {
		panic(&sourceError{int(r.peek().off), "expressions inside each other"})
	}
	defer func() { r.nest-- }()
	var all value
	first, plus := true, false
	for r.i < len(r.toks) {
		t := r.toks[r.i]
		if t.kind == op {
			w := r.word(t)
			if strings.Contains(")]}", w) || stop != "" && strings.Contains(stop, w) && len(w) == 1 {
				break
			}
			if w != "(" && w != "[" && w != "{" {
				r.i++
				plus = w == "+"
				if w == "*" || w == "**" || w == "-" || w == "~" {
					plus = false
				}
				continue
			}
		}
		if t.kind == name && joiners[r.word(t)] {
			r.i++
			plus = false
			continue
		}
		v := r.operand()
		switch {
		case first:
			all = v
		case plus && all.isStr && v.isStr && r.spend(len(all.str)+len(v.str)):
			all.str += v.str
			all.taint |= v.taint
		default:
			all = join(all, v)
		}
		first, plus = false, false
	}
	return all
}

// joiners are words between or before operands.
var joiners = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "if": true, "else": true, "for": true, "async": true,
	"await": true, "yield": true, "from": true, "lambda": true, "print": false,
}

// operand evaluates an operand and what is done to it.
func (r *reader) operand() value {
	v := r.primary()
	called := false
	for r.i < len(r.toks) {
		t := r.toks[r.i]
		if t.kind != op {
			break
		}
		switch r.word(t) {
		case ".":
			r.i++
			if r.peek().kind != name {
				continue
			}
			v = r.attribute(v, r.word(r.toks[r.i]))
			r.i++
		case "(":
			r.i++
			args := r.args(")")
			v = r.call(v, args, int(t.off))
			called = true
		case "[":
			r.i++
			from := r.i
			args := r.args("]")
			v = r.item(v, args, string(r.b[r.toks[from-1].off:r.toks[r.i-1].stop]))
		default:
			if !called {
				r.reference(v)
			}
			return v
		}
	}
	if !called {
		r.reference(v)
	}
	return v
}

// primary evaluates an operand alone.
func (r *reader) primary() value {
	t := r.toks[r.i]
	r.i++
	switch t.kind {
	case name:
		v := r.lookup(r.word(t))
		v.off = int(t.off)
		return v
	case text, template:
		r.i--
		return r.strings()
	case op:
		w := r.word(t)
		v := value{off: int(t.off)}
		args := r.args(closing[w])
		if w == "(" && len(args) == 1 {
			return args[0].value
		}
		for _, a := range args {
			v.taint |= a.taint &^ hidden
		}
		if w == "[" && len(args) > 0 {
			v.path = "builtins.list()"
		}
		return v
	default:
		return value{off: int(t.off)}
	}
}

var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// args evaluates expressions between commas, and passes the bracket behind.
func (r *reader) args(closer string) []arg {
	var out []arg
	for r.i < len(r.toks) {
		if r.is(closer) {
			return out
		}
		if r.is(",") {
			continue
		}
		var a arg
		if t := r.toks[r.i]; t.kind == name && r.i+1 < len(r.toks) && r.toks[r.i+1].kind == op && r.word(r.toks[r.i+1]) == "=" {
			a.key = r.word(t)
			r.i += 2
		}
		before := r.i
		a.value = r.expr(",")
		out = append(out, a)
		if r.i == before && !r.is(closer) {
			r.i++ // a bracket that does not fit cannot be here
		}
	}
	return out
}

// strings evaluates strings that stand side by side.
func (r *reader) strings() value {
	v := value{isStr: true, off: int(r.toks[r.i].off)}
	for r.i < len(r.toks) && (r.toks[r.i].kind == text || r.toks[r.i].kind == template) {
		t := r.toks[r.i]
		r.i++
		if t.kind == template {
			v.taint |= r.template(t)
			v.isStr = false
			continue
		}
		if s := unquote(r.b[t.off:t.stop]); r.spend(len(v.str) + len(s)) {
			v.str += s
		} else {
			v.isStr = false
		}
	}
	return v
}

// template evaluates the expressions in a string.
func (r *reader) template(t token) taint {
	l := lexer{b: r.b[:t.stop], i: int(t.off)}
	if _, err := l.token(l.b[l.i]); err != nil {
		return 0
	}
	var all taint
	for _, span := range l.spans {
		all |= r.fragment(span[0], span[1])
	}
	return all &^ hidden
}

// fragment evaluates an expression in a string. What follows it says how to
// write it, and can hold others.
func (r *reader) fragment(from, to int) taint {
	if r.nest++; r.nest > maxDepth {
		panic(&sourceError{from, "expressions inside each other"})
	}
	defer func() { r.nest-- }()
	var toks []token
	l := lexer{b: r.b[:to], i: from, open: []byte{0}}
	for {
		t, err := l.next()
		if err != nil || t.kind == end || len(l.open) == 1 && t.kind == op && r.word(t) == ":" {
			break
		}
		toks = append(toks, t)
	}
	toks, r.toks = r.toks, toks
	i := r.i
	r.i = 0
	v := value{}
	for r.i < len(r.toks) {
		v = join(v, r.expr(""))
		r.i++
	}
	r.toks, r.i = toks, i
	if l.i < to { // the form: "{x:{width}}"
		rest := lexer{b: r.b[:to], i: l.i}
		for rest.i < to {
			if r.b[rest.i] != '{' {
				rest.i++
				continue
			}
			rest.spans = rest.spans[:0]
			if rest.field(rest.i, 0) != nil {
				break
			}
			for _, s := range rest.spans {
				v.taint |= r.fragment(s[0], s[1])
			}
		}
	}
	return v.taint
}

// spend takes n bytes from what may be kept of texts.
func (r *reader) spend(n int) bool {
	if n > *r.budget {
		return false
	}
	*r.budget -= n
	return true
}

// lookup returns what a name stands for.
func (r *reader) lookup(s string) value {
	for i := len(r.scopes) - 1; i >= 0; i-- {
		sc := &r.scopes[i]
		if sc.class && i < len(r.scopes)-1 {
			continue // functions do not see the names of the class around them
		}
		if v, ok := sc.vars[s]; ok {
			return v
		}
	}
	if builtins[s] {
		return value{path: "builtins." + s}
	}
	for _, m := range r.stars {
		if _, ok := sinks[m+"."+s]; ok {
			return value{path: m + "." + s}
		}
	}
	return value{}
}

// bind lets a name of the innermost scope stand for v.
func (r *reader) bind(s string, v value) { r.scopes[len(r.scopes)-1].vars[s] = v }
