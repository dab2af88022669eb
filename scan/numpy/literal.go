package numpy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A literal is a value of Python written out. The parser below knows strings,
// integers, truth values, None, tuples, lists and dicts, and nothing that
// would have to be evaluated.
type literal struct {
	kind  kind
	text  string // of a string
	n     int64  // of an integer, saturated; 1 for True
	items []literal
	keys  []string // of a dict, beside its items
}

type kind int

const (
	kindNone kind = iota
	kindBool
	kindInt
	kindString
	kindTuple
	kindList
	kindDict
)

// maxDepth is how deep literals nest.
const maxDepth = 16

// A syntaxError says where text is no literal.
type syntaxError struct {
	off  int
	name string // that stands where only a value may
	what string
}

func (e *syntaxError) Error() string {
	if e.name != "" {
		return fmt.Sprintf("it names %q", e.name)
	}
	return e.what
}

// A parser reads one literal.
type parser struct {
	text []byte
	off  int
}

// parse reads the literal at the beginning of text and returns the offset of
// what follows it.
func parse(text []byte) (literal, int, error) {
	p := &parser{text: text}
	v, err := p.value(0)
	return v, p.off, err
}

func (p *parser) fail(format string, args ...any) error {
	return &syntaxError{off: p.off, what: fmt.Sprintf(format, args...)}
}

// peek returns the next byte that is no blank, or 0.
func (p *parser) peek() byte {
	for p.off < len(p.text) {
		c := p.text[p.off]
		if c != ' ' && c != '\t' {
			return c
		}
		p.off++
	}
	return 0
}

// accept passes over c if it comes next.
func (p *parser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.off++
	return true
}

func (p *parser) value(depth int) (literal, error) {
	if depth > maxDepth {
		return literal{}, p.fail("it is more than %d levels deep", maxDepth)
	}
	switch c := p.peek(); {
	case c == '{':
		return p.dict(depth)
	case c == '(':
		return p.sequence(kindTuple, ')', depth)
	case c == '[':
		return p.sequence(kindList, ']', depth)
	case c == '\'' || c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.integer()
	case isLetter(c):
		return p.word()
	case c == 0 && p.off >= len(p.text):
		return literal{}, p.fail("it ends too early")
	default:
		return literal{}, p.fail("byte 0x%02x begins no value", c)
	}
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// word reads True, False, None, or a string with the prefix u.
func (p *parser) word() (literal, error) {
	end := p.off
	for end < len(p.text) && (isLetter(p.text[end]) || p.text[end] == '.' || p.text[end] >= '0' && p.text[end] <= '9') {
		end++
	}
	name := string(p.text[p.off:end])
	switch name {
	case "True", "False":
		p.off = end
		v := literal{kind: kindBool}
		if name == "True" {
			v.n = 1
		}
		return v, nil
	case "None":
		p.off = end
		return literal{}, nil
	case "u":
		if end < len(p.text) && (p.text[end] == '\'' || p.text[end] == '"') {
			p.off = end
			return p.str()
		}
	}
	return literal{}, &syntaxError{off: p.off, name: name[:min(len(name), 60)]}
}

// integer reads a decimal integer, with the L of Python 2. One that is out of
// range comes out as the largest.
func (p *parser) integer() (literal, error) {
	end := p.off + 1
	for end < len(p.text) && p.text[end] >= '0' && p.text[end] <= '9' {
		end++
	}
	digits := string(p.text[p.off:end])
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return literal{}, p.fail("%q is no integer", digits)
	}
	if sign := strings.TrimPrefix(digits, "-"); len(sign) > 1 && sign[0] == '0' {
		return literal{}, p.fail("%q is no integer in Python", digits)
	}
	if end < len(p.text) && p.text[end] == 'L' {
		end++
	}
	if end < len(p.text) && (isLetter(p.text[end]) || p.text[end] == '.') {
		return literal{}, p.fail("%q is no integer", p.text[p.off:end+1])
	}
	p.off = end
	return literal{kind: kindInt, n: n}, nil
}

// str reads a string in single or double quotes.
func (p *parser) str() (literal, error) {
	quote := p.text[p.off]
	var out []byte
	for i := p.off + 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case quote:
			p.off = i + 1
			if next := p.peek(); next == '\'' || next == '"' {
				return literal{}, p.fail("two strings stand side by side")
			}
			return literal{kind: kindString, text: string(out)}, nil
		case '\n':
			return literal{}, p.fail("a string ends with its line")
		case '\\':
			r, n, err := escape(p.text[i:])
			if err != nil {
				p.off = i
				return literal{}, p.fail("%v", err)
			}
			out = utf8.AppendRune(out, r)
			i += n - 1
		default:
			out = append(out, c)
		}
	}
	return literal{}, p.fail("a string has no end")
}

var escapes = map[byte]rune{'\\': '\\', '\'': '\'', '"': '"', 'n': '\n', 't': '\t', 'r': '\r', '0': 0}

// escape reads an escape sequence and returns its length.
func escape(b []byte) (r rune, n int, err error) {
	if len(b) < 2 {
		return 0, 0, errors.New("a string has no end")
	}
	if r, ok := escapes[b[1]]; ok {
		return r, 2, nil
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[b[1]]
	if digits == 0 || len(b) < 2+digits {
		return 0, 0, fmt.Errorf("escape %q is not read", b[:2])
	}
	v, err := strconv.ParseUint(string(b[2:2+digits]), 16, 32)
	if err != nil || v > math.MaxInt32 {
		return 0, 0, fmt.Errorf("escape %q is not read", b[:2+digits])
	}
	return rune(v), 2 + digits, nil //nolint:gosec // checked above
}

// sequence reads a tuple or a list. A tuple of one has a comma, and
// parentheses around a value without one are no tuple.
func (p *parser) sequence(k kind, end byte, depth int) (literal, error) {
	p.off++
	v := literal{kind: k}
	comma := true
	for !p.accept(end) {
		if !comma {
			return literal{}, p.fail("a comma is missing")
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return literal{}, err
		}
		v.items = append(v.items, item)
		comma = p.accept(',')
	}
	if k == kindTuple && len(v.items) == 1 && !comma {
		return v.items[0], nil
	}
	return v, nil
}

func (p *parser) dict(depth int) (literal, error) {
	p.off++
	v := literal{kind: kindDict}
	comma := true
	for !p.accept('}') {
		if !comma {
			return literal{}, p.fail("a comma is missing")
		}
		key, err := p.value(depth + 1)
		if err != nil {
			return literal{}, err
		}
		if key.kind != kindString {
			return literal{}, p.fail("a key is no string")
		}
		if !p.accept(':') {
			return literal{}, p.fail("a colon is missing")
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return literal{}, err
		}
		v.keys, v.items = append(v.keys, key.text), append(v.items, item)
		comma = p.accept(',')
	}
	return v, nil
}
