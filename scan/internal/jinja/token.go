package jinja

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A SyntaxError says where a template stops being one.
type SyntaxError struct {
	Offset int // in bytes from the beginning of the template
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string { return e.Reason }

func syntaxError(off int, format string, args ...any) error {
	return &SyntaxError{off, fmt.Sprintf(format, args...)}
}

type tokenKind uint8

const (
	tokEOF      tokenKind = iota
	tokData               // text outside of tags
	tokPrint              // {{
	tokPrintEnd           // }}
	tokBlock              // {%
	tokBlockEnd           // %}
	tokName               // identifier or keyword
	tokString             // with its quotes
	tokNumber             // integer or float, as written
	tokOp                 // operator or bracket
)

const bracketsDepth = 200 // brackets inside each other

var closing = map[string]byte{"(": ')', "[": ']', "{": '}'}

type token struct {
	kind tokenKind
	off  int
	text string
}

// A lexer splits a template into tokens.
type lexer struct {
	src    string
	pos    int
	out    []token
	lstrip bool // the last tag asked to strip the text after it
}

// lex returns the tokens of a template, the last of them tokEOF.
func lex(src string) ([]token, error) {
	l := lexer{src: src}
	for l.pos < len(src) {
		i := l.open()
		l.data(l.pos, i)
		l.pos = i
		if i == len(src) {
			break
		}
		if err := l.tag(); err != nil {
			return nil, err
		}
	}
	l.add(tokEOF, len(src), "")
	return l.out, nil
}

func (l *lexer) add(k tokenKind, off int, text string) {
	l.out = append(l.out, token{k, off, text})
}

// open returns the offset of the next tag or comment, or the end.
func (l *lexer) open() int {
	for i := l.pos; ; i++ {
		n := strings.IndexByte(l.src[i:], '{')
		if n < 0 || i+n+1 >= len(l.src) {
			return len(l.src)
		}
		i += n
		if c := l.src[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
	}
}

// data adds the text from start to end.
func (l *lexer) data(start, end int) {
	text := l.src[start:end]
	if l.lstrip {
		t := strings.TrimLeftFunc(text, unicode.IsSpace)
		start += len(text) - len(t)
		text = t
	}
	if end+2 < len(l.src) && l.src[end+2] == '-' {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	if text != "" {
		l.add(tokData, start, text)
	}
	l.lstrip = false
}

// tag reads the tag or comment at pos.
func (l *lexer) tag() error {
	start := l.pos
	l.pos += 2
	if l.src[start+1] == '#' {
		n := strings.Index(l.src[l.pos:], "#}")
		if n < 0 {
			return syntaxError(start, "comment without an end")
		}
		l.lstrip = n > 0 && l.src[l.pos+n-1] == '-'
		l.pos += n + 2
		return nil
	}
	if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+') {
		l.pos++
	}
	if l.src[start+1] == '{' {
		l.add(tokPrint, start, "{{")
		return l.inside(start, "}}", tokPrintEnd)
	}
	if end, ok := l.word("raw"); ok {
		return l.raw(start, end)
	}
	l.add(tokBlock, start, "{%")
	return l.inside(start, "%}", tokBlockEnd)
}

// word reports whether the rest of the tag is one word, and where it ends.
func (l *lexer) word(w string) (end int, ok bool) {
	rest := strings.TrimLeftFunc(l.src[l.pos:], unicode.IsSpace)
	if !strings.HasPrefix(rest, w) {
		return 0, false
	}
	rest = strings.TrimLeftFunc(rest[len(w):], unicode.IsSpace)
	rest = strings.TrimLeft(rest, "-+")
	if !strings.HasPrefix(rest, "%}") {
		return 0, false
	}
	return len(l.src) - len(rest) + 2, true
}

// raw reads the text of a raw block, whose tag ends at end.
func (l *lexer) raw(start, end int) error {
	l.lstrip = l.src[end-3] == '-'
	for i := end; ; {
		n := strings.Index(l.src[i:], "{%")
		if n < 0 {
			return syntaxError(start, "raw block without an end")
		}
		i += n
		l.pos = i + 2
		if l.pos < len(l.src) && (l.src[l.pos] == '-' || l.src[l.pos] == '+') {
			l.pos++
		}
		if after, ok := l.word("endraw"); ok {
			l.data(end, i)
			l.lstrip = l.src[after-3] == '-'
			l.pos = after
			return nil
		}
		i += 2
	}
}

// operators are the operators and brackets, the longer ones first.
var operators = []string{
	"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", "<", ">", "=", ".", ":", "|", ",", ";",
}

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(start int, end string, kind tokenKind) error {
	var open []byte
	for {
		l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[l.pos:], unicode.IsSpace))
		rest := l.src[l.pos:]
		if rest == "" {
			return syntaxError(start, "tag without an end")
		}
		if len(open) == 0 {
			strip := rest[0] == '-' || rest[0] == '+' && end == "%}"
			if strings.HasPrefix(rest, end) || strip && strings.HasPrefix(rest[1:], end) {
				if strip {
					l.lstrip = rest[0] == '-'
					l.pos++
				}
				l.add(kind, l.pos, end)
				l.pos += 2
				return nil
			}
		}
		k, n := next(rest)
		if n == 0 {
			return syntaxError(l.pos, "unexpected character %q", firstRune(rest))
		}
		text := rest[:n]
		if k == tokOp {
			if err := balance(&open, text, l.pos); err != nil {
				return err
			}
		}
		l.add(k, l.pos, text)
		l.pos += n
	}
}

// balance keeps the brackets that wait for their end.
func balance(open *[]byte, text string, off int) error {
	if end, ok := closing[text]; ok {
		if *open = append(*open, end); len(*open) > bracketsDepth {
			return syntaxError(off, "more than %d brackets inside each other", bracketsDepth)
		}
		return nil
	}
	if text != ")" && text != "]" && text != "}" {
		return nil
	}
	n := len(*open) - 1
	if n < 0 || (*open)[n] != text[0] {
		return syntaxError(off, "unexpected %q", text)
	}
	*open = (*open)[:n]
	return nil
}

// next returns the kind and length of the token at the beginning of s, zero if
// there is none.
func next(s string) (tokenKind, int) {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		return tokString, quoted(s)
	case c >= '0' && c <= '9':
		return tokNumber, numeral(s)
	}
	if n := identifier(s); n > 0 {
		return tokName, n
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return tokOp, len(op)
		}
	}
	return tokEOF, 0
}

// quoted returns the length of the string literal at the beginning of s, or
// zero if it does not end.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return 0
}

// numeral returns the length of the number at the beginning of s.
func numeral(s string) int {
	digits := func(i int, set string) int {
		for i < len(s) && (strings.IndexByte(set, s[i]|0x20) >= 0 || s[i] == '_') {
			i++
		}
		return i
	}
	const decimal = "0123456789"
	if len(s) > 2 && s[0] == '0' {
		switch s[1] | 0x20 {
		case 'x':
			return digits(2, decimal+"abcdef")
		case 'o':
			return digits(2, "01234567")
		case 'b':
			return digits(2, "01")
		}
	}
	i := digits(0, decimal)
	if i+1 < len(s) && s[i] == '.' && s[i+1] >= '0' && s[i+1] <= '9' {
		i = digits(i+1, decimal)
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && s[j] >= '0' && s[j] <= '9' {
			i = digits(j, decimal)
		}
	}
	return i
}

// identifier returns the length of the name at the beginning of s.
func identifier(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		digit := n > 0 && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r) || unicode.Is(unicode.Pc, r))
		if r != '_' && !unicode.IsLetter(r) && !unicode.Is(unicode.Nl, r) && !digit {
			break
		}
		n += size
	}
	return n
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
