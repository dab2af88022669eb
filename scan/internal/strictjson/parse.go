package strictjson

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A parser reads a document from front to back.
type parser struct {
	b     []byte
	i     int
	count int
	twice []Member
}

// Parse reads a document of at most [MaxSize] bytes. Twice are the members
// whose names their objects already have. The error is an [*Error].
func Parse(data []byte) (v *Value, twice []Member, err error) {
	p := &parser{b: data}
	if len(data) > MaxSize {
		return nil, nil, p.errorf("a document of %d bytes, which is more than is looked at", len(data))
	}
	v = &Value{}
	if err := p.value(v, 0); err != nil {
		return nil, nil, err
	}
	if p.space(); p.i < len(p.b) {
		return nil, nil, p.errorf("text behind the document")
	}
	return v, p.twice, nil
}

func (p *parser) errorf(format string, args ...any) error {
	return &Error{int64(p.i), fmt.Sprintf(format, args...)}
}

// space passes spaces and returns the byte behind them, or 0 at the end.
func (p *parser) space() byte {
	for p.i < len(p.b) {
		switch c := p.b[p.i]; c {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return c
		}
	}
	return 0
}

// words are the values that are words.
var words = []struct {
	word string
	kind Kind
}{{"null", Null}, {"true", Bool}, {"false", Bool}, {"NaN", Number}, {"Infinity", Number}, {"-Infinity", Number}}

// value reads a value, inside of depth others.
func (p *parser) value(v *Value, depth int) error {
	c := p.space()
	v.Off = int64(p.i)
	if p.count++; p.count > maxCount || depth > maxDepth {
		return p.errorf("more than %d values, or %d inside each other", maxCount, maxDepth)
	}
	switch c {
	case '{':
		v.Kind = Object
		return p.object(v, depth)
	case '[':
		v.Kind = Array
		return p.list(']', func() error {
			v.Items = append(v.Items, Value{})
			return p.value(&v.Items[len(v.Items)-1], depth+1)
		})
	case '"':
		v.Kind = String
		var err error
		v.Text, err = p.str()
		return err
	}
	for _, w := range words {
		if bytes.HasPrefix(p.b[p.i:], []byte(w.word)) {
			v.Kind, v.Text = w.kind, w.word
			p.i += len(w.word)
			return nil
		}
	}
	v.Kind = Number
	return p.number(v)
}

// list reads what is between commas up to end.
func (p *parser) list(end byte, item func() error) error {
	p.i++
	if p.space() == end {
		p.i++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch c := p.space(); c {
		case ',':
			p.i++
		case end:
			p.i++
			return nil
		default:
			return p.errorf("a comma or %q is missing", end)
		}
	}
}

func (p *parser) object(v *Value, depth int) error {
	seen := make(map[string]bool)
	return p.list('}', func() error {
		if p.space() != '"' {
			return p.errorf("a name is missing")
		}
		m := Member{Off: int64(p.i)}
		var err error
		if m.Name, err = p.str(); err != nil {
			return err
		}
		if p.space() != ':' {
			return p.errorf("a colon is missing")
		}
		p.i++
		if seen[m.Name] {
			p.twice = append(p.twice, m)
		}
		seen[m.Name] = true
		v.Members = append(v.Members, m)
		return p.value(&v.Members[len(v.Members)-1].Value, depth+1)
	})
}

// number reads a number as RFC 8259 has it.
func (p *parser) number(v *Value) error {
	start := p.i
	accept := func(set string) bool {
		if p.i < len(p.b) && bytes.IndexByte([]byte(set), p.b[p.i]) >= 0 {
			p.i++
			return true
		}
		return false
	}
	digits := func() bool {
		ok := false
		for accept("0123456789") {
			ok = true
		}
		return ok
	}
	accept("-")
	ok := accept("0") || digits()
	if ok && accept(".") {
		ok = digits()
	}
	if ok && accept("eE") {
		accept("+-")
		ok = digits()
	}
	if !ok {
		return p.errorf("something that is no value")
	}
	v.Text = string(p.b[start:p.i])
	return nil
}

// str reads a string.
func (p *parser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.b) && p.b[p.i] != '"' && p.b[p.i] != '\\' && p.b[p.i] >= ' ' && p.b[p.i] < utf8.RuneSelf {
		p.i++
	}
	out := p.b[start:p.i:p.i]
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			return string(out), nil
		case c < ' ':
			return "", p.errorf("a control character in a string")
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		default:
			r, n := utf8.DecodeRune(p.b[p.i:])
			if r == utf8.RuneError && n <= 1 {
				return "", p.errorf("a string that is not UTF-8")
			}
			out = append(out, p.b[p.i:p.i+n]...)
			p.i += n
		}
	}
	return "", p.errorf("a string does not end")
}

// escapes are the escapes of one letter.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads an escape. Half of a surrogate pair, which Python takes, stands
// for the replacement character.
func (p *parser) escape() (rune, error) {
	if p.i+1 >= len(p.b) {
		return 0, p.errorf("a string does not end")
	}
	c := p.b[p.i+1]
	if r, ok := escapes[c]; ok {
		p.i += 2
		return r, nil
	}
	r, ok := p.hex4()
	if !ok {
		return 0, p.errorf("an escape that is none")
	}
	if utf16.IsSurrogate(r) {
		save := p.i
		if low, ok := p.hex4(); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
		}
		p.i = save
		return utf8.RuneError, nil
	}
	return r, nil
}

// hex4 reads a backslash, u and four digits.
func (p *parser) hex4() (rune, bool) {
	if p.i+6 > len(p.b) || p.b[p.i] != '\\' || p.b[p.i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.b[p.i+2:p.i+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.i += 6
	return rune(n), true // 16 bits
}

// Mentions reports whether the beginning of a document has one of the words,
// also where letters are written as escapes.
func Mentions(head []byte, words ...string) bool {
	if bytes.Contains(head, []byte(`\u00`)) {
		head = plain(head)
	}
	for _, w := range words {
		if bytes.Contains(head, []byte(w)) {
			return true
		}
	}
	return false
}

// plain replaces the escapes of ASCII letters.
func plain(head []byte) []byte {
	p := &parser{b: head}
	out := make([]byte, 0, len(head))
	for p.i < len(head) {
		if r, ok := p.hex4(); ok && r < utf8.RuneSelf {
			out = append(out, byte(r)) // 7 bits
			continue
		} else if ok {
			continue
		}
		out = append(out, head[p.i])
		p.i++
	}
	return out
}

// Begins reports whether the first thing in the document is one of the bytes.
func Begins(head []byte, with string) bool {
	c := (&parser{b: head}).space()
	return c != 0 && bytes.IndexByte([]byte(with), c) >= 0
}
