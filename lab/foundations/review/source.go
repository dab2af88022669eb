package review

import (
	"strings"
)

// A statement is one logical line of Python without its comment: lines that
// brackets hold together are one.
type statement struct {
	indent int
	text   string // without the space at both ends, and with single spaces inside
	open   bool   // a bracket or a text is never closed
}

// A splitter splits a script into statements. It knows as much Python as it
// takes to tell code from comments and texts.
type splitter struct {
	src    string
	i      int
	cur    strings.Builder
	indent int
	depth  int    // of brackets
	quote  string // that ends the text we are in, or ""
	out    []statement
}

// statements reads a script. Texts that stand alone are comments.
func statements(src string) []statement {
	s := &splitter{src: src}
	s.margin()
	for s.i < len(s.src) {
		if s.quote != "" {
			s.inText()
		} else {
			s.inCode()
		}
	}
	s.flush(s.depth > 0 || s.quote != "")
	return s.out
}

// margin measures how far the next line is indented.
func (s *splitter) margin() {
	rest := strings.TrimLeft(s.src[s.i:], " \t")
	s.indent = len(s.src) - s.i - len(rest)
	s.i = len(s.src) - len(rest)
}

func (s *splitter) flush(open bool) {
	t := strings.Join(strings.Fields(s.cur.String()), " ")
	s.cur.Reset()
	if t != "" && t[0] != '"' && t[0] != '\'' {
		s.out = append(s.out, statement{s.indent, t, open})
	}
}

// take moves n bytes to the statement.
func (s *splitter) take(n int) {
	n = min(n, len(s.src)-s.i)
	s.cur.WriteString(s.src[s.i : s.i+n])
	s.i += n
}

// inText reads a bit of a text.
func (s *splitter) inText() {
	switch {
	case s.src[s.i] == '\\':
		s.take(2)
	case strings.HasPrefix(s.src[s.i:], s.quote):
		s.take(len(s.quote))
		s.quote = ""
	case s.src[s.i] == '\n' && len(s.quote) == 1:
		s.quote = "" // Python would refuse it
	default:
		s.take(1)
	}
}

// inCode reads a bit of code.
func (s *splitter) inCode() {
	switch c := s.src[s.i]; {
	case c == '#':
		if n := strings.IndexByte(s.src[s.i:], '\n'); n >= 0 {
			s.i += n
		} else {
			s.i = len(s.src)
		}
	case c == '"' || c == '\'':
		s.quote = string(c)
		if three := strings.Repeat(s.quote, 3); strings.HasPrefix(s.src[s.i:], three) {
			s.quote = three
		}
		s.take(len(s.quote))
	case strings.HasPrefix(s.src[s.i:], "\\\n"):
		s.i += 2
	case (c == '\n' || c == ';') && s.depth <= 0:
		s.flush(false)
		s.depth = 0
		if s.i++; c == '\n' {
			s.margin()
		}
	default:
		if strings.IndexByte("([{", c) >= 0 {
			s.depth++
		} else if strings.IndexByte(")]}", c) >= 0 {
			s.depth--
		}
		s.take(1)
	}
}
