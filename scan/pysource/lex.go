package pysource

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// A kind is the kind of a token.
type kind uint8

const (
	end  kind = iota // of the text
	line             // the end of a statement
	name
	number
	text     // a string
	template // a string with expressions in it
	op
)

// A token is one token of a source. A line has in dent how far the statement
// before it is indented.
type token struct {
	kind  kind
	off   int32
	stop  int32
	dent  int32
	split bool // the statement goes on behind a semicolon
}

// A lexer cuts a source into tokens as Python does.
type lexer struct {
	b      []byte
	i      int
	open   []byte   // brackets
	opened int      // where the first of them stands
	dent   int32    // of the statement
	fresh  bool     // at the beginning of a line
	spans  [][2]int // of expressions in the last string
}

const (
	maxBrackets = 200 // inside each other; more is an error in Python, too
	maxNest     = 4   // strings inside each other
)

// A sourceError says where a source breaks the rules of Python.
type sourceError struct {
	off  int
	what string
}

func (e *sourceError) Error() string { return e.what }

func (l *lexer) errorf(off int, format string, args ...any) *sourceError {
	return &sourceError{off, fmt.Sprintf(format, args...)}
}

// next returns the next token.
func (l *lexer) next() (token, *sourceError) {
	for l.i < len(l.b) {
		c := l.b[l.i]
		switch {
		case c == '\n':
			l.i++
			if len(l.open) > 0 {
				continue
			}
			was := l.fresh
			l.fresh = true
			if !was {
				return l.make(line, l.i-1), nil
			}
			continue
		case c == ' ' || c == '\t' || c == '\f' || c == '\r':
			l.i++
			continue
		case c == '#':
			if n := bytes.IndexByte(l.b[l.i:], '\n'); n >= 0 {
				l.i += n
			} else {
				l.i = len(l.b)
			}
			continue
		case c == '\\' && l.joins():
			continue
		}
		if l.fresh {
			l.fresh = false
			l.dent = l.column()
		}
		return l.token(c)
	}
	if len(l.open) > 0 {
		return token{}, l.errorf(l.opened, "a bracket is not closed")
	}
	if !l.fresh {
		l.fresh = true
		return l.make(line, l.i), nil
	}
	return l.make(end, l.i), nil
}

func (l *lexer) make(k kind, from int) token {
	return token{kind: k, off: int32(from), stop: int32(l.i), dent: l.dent} // maxSize bounds them
}

// joins passes a backslash at the end of a line.
func (l *lexer) joins() bool {
	rest := l.b[l.i+1:]
	n := 0
	if bytes.HasPrefix(rest, []byte("\r")) {
		n = 1
	}
	if n >= len(rest) || rest[n] != '\n' {
		return false
	}
	l.i += n + 2
	return true
}

// column returns the indentation of the line.
func (l *lexer) column() int32 {
	start := bytes.LastIndexByte(l.b[:l.i], '\n') + 1
	n := int32(0)
	for _, c := range l.b[start:l.i] {
		switch c {
		case '\t':
			n = n/8*8 + 8
		case '\f':
			n = 0
		default:
			n++
		}
	}
	return n
}

// operators are those of more than one byte, longest first.
var operators = []string{"**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "==", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**", "//", "<<", ">>"}

// token reads a token that begins with c.
func (l *lexer) token(c byte) (token, *sourceError) {
	from := l.i
	l.spans = l.spans[:0]
	switch {
	case letter(c):
		for l.i < len(l.b) && (letter(l.b[l.i]) || digit(l.b[l.i])) {
			l.i++
		}
		if l.i < len(l.b) && (l.b[l.i] == '"' || l.b[l.i] == '\'') && isPrefix(l.b[from:l.i]) {
			return l.str(from, 0)
		}
		return l.make(name, from), nil
	case digit(c) || c == '.' && l.i+1 < len(l.b) && digit(l.b[l.i+1]):
		for l.i < len(l.b) && (letter(l.b[l.i]) || digit(l.b[l.i]) || l.b[l.i] == '.' ||
			(l.b[l.i] == '+' || l.b[l.i] == '-') && l.b[l.i-1]|0x20 == 'e' && !bytes.HasPrefix(l.b[from:], []byte("0x"))) {
			l.i++
		}
		return l.make(number, from), nil
	case c == '"' || c == '\'':
		return l.str(from, 0)
	case c == ';':
		l.i++
		t := l.make(line, from)
		t.split = true
		return t, nil
	}
	return l.operator(from, c)
}

// operator reads an operator or a bracket.
func (l *lexer) operator(from int, c byte) (token, *sourceError) {
	for _, o := range operators {
		if bytes.HasPrefix(l.b[from:], []byte(o)) {
			l.i += len(o)
			return l.make(op, from), nil
		}
	}
	l.i++
	switch c {
	case '(', '[', '{':
		if len(l.open) >= maxBrackets {
			return token{}, l.errorf(from, "more than %d brackets inside each other", maxBrackets)
		}
		if len(l.open) == 0 {
			l.opened = from
		}
		l.open = append(l.open, c)
	case ')', ']', '}':
		n := len(l.open)
		if n == 0 || l.open[n-1] != map[byte]byte{')': '(', ']': '[', '}': '{'}[c] {
			return token{}, l.errorf(from, "a bracket that was not opened")
		}
		l.open = l.open[:n-1]
	case '+', '-', '*', '/', '%', '@', '&', '|', '^', '~', '<', '>', '=', '.', ',', ':', '!':
	default:
		return token{}, l.errorf(from, "a character that is no Python")
	}
	return l.make(op, from), nil
}

// isPrefix reports whether b can stand before a string.
func isPrefix(b []byte) bool {
	if len(b) > 2 {
		return false
	}
	switch string(bytes.ToLower(b)) {
	case "r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt":
		return true
	}
	return false
}

// str reads a string, whose prefix was passed, in depth others. Expressions in
// it may hold strings of their own.
func (l *lexer) str(from, depth int) (token, *sourceError) {
	if depth > maxNest {
		return token{}, l.errorf(from, "more than %d strings inside each other", maxNest)
	}
	prefix := bytes.ToLower(l.b[from:l.i])
	k := text
	if bytes.ContainsAny(prefix, "ft") {
		k = template
	}
	quote := l.b[l.i : l.i+1]
	if bytes.HasPrefix(l.b[l.i:], bytes.Repeat(quote, 3)) {
		quote = l.b[l.i : l.i+3]
	}
	for l.i += len(quote); l.i < len(l.b); {
		rest := l.b[l.i:]
		switch {
		case bytes.HasPrefix(rest, quote):
			l.i += len(quote)
			return l.make(k, from), nil
		case rest[0] == '\n' && len(quote) == 1:
			return token{}, l.errorf(from, "a string does not end")
		case k == template && bytes.HasPrefix(rest, []byte("{{")), rest[0] == '\\' && (k == text || !bytes.HasPrefix(rest[1:], []byte("{"))):
			l.i += 2
			if bytes.HasPrefix(rest, []byte(`\N{`)) && !bytes.ContainsRune(prefix, 'r') {
				l.i++
			}
		case k == template && rest[0] == '{':
			if err := l.field(from, depth); err != nil {
				return token{}, err
			}
		default:
			l.i++
		}
	}
	l.i = min(l.i, len(l.b))
	return token{}, l.errorf(from, "a string does not end")
}

// field passes an expression in a string with the brackets around it.
func (l *lexer) field(from, depth int) *sourceError {
	l.i++
	start, open := l.i, 1
	for l.i < len(l.b) {
		switch c := l.b[l.i]; c {
		case '{', '(', '[':
			open++
		case '}', ')', ']':
			if open--; open == 0 {
				if depth == 0 {
					l.spans = append(l.spans, [2]int{start, l.i})
				}
				l.i++
				return nil
			}
		case '"', '\'':
			first := l.i
			for first > start && l.i-first < 2 && letter(l.b[first-1]) {
				first--
			}
			if !isPrefix(l.b[first:l.i]) {
				first = l.i
			}
			if _, err := l.str(first, depth+1); err != nil {
				return err
			}
			continue
		}
		l.i++
	}
	return l.errorf(from, "a string does not end")
}

// letter reports whether c can begin a name. Whether other letters than those
// of ASCII can is left open.
func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// disguised returns the first letter of a name that Python takes for another
// one, and where it stands; -1 if there is none.
func disguised(b []byte) (off int, r rune) {
	l := lexer{b: b, fresh: true}
	for {
		t, err := l.next()
		if err != nil || t.kind == end {
			return -1, 0
		}
		if t.kind != name {
			continue
		}
		for i, r := range string(b[t.off:t.stop]) {
			if unicode.Is(doubles, r) {
				return int(t.off) + i, r
			}
		}
	}
}

// doubles are letters that Python's rules for names turn into those of ASCII.
var doubles = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x017f, Hi: 0x017f, Stride: 1},
		{Lo: 0x02b0, Hi: 0x02b8, Stride: 1},
		{Lo: 0x1d2c, Hi: 0x1d6a, Stride: 1},
		{Lo: 0x2071, Hi: 0x209c, Stride: 1},
		{Lo: 0x2100, Hi: 0x2139, Stride: 1},
		{Lo: 0x2160, Hi: 0x217f, Stride: 1},
		{Lo: 0xfb00, Hi: 0xfb06, Stride: 1},
		{Lo: 0xff21, Hi: 0xff3a, Stride: 1},
		{Lo: 0xff41, Hi: 0xff5a, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1d400, Hi: 0x1d7ff, Stride: 1}},
}
