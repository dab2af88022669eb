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

// statements reads a script. It knows as much Python as it takes to tell code
// from comments and texts.
func statements(src string) []statement {
	var out []statement
	var cur strings.Builder
	depth, indent := 0, 0
	quote := "" // that ends the text we are in
	flush := func(open bool) {
		if t := strings.Join(strings.Fields(cur.String()), " "); t != "" {
			out = append(out, statement{indent, t, open})
		}
		cur.Reset()
	}
	fresh := true
	for i := 0; i < len(src); {
		if fresh && depth == 0 && quote == "" {
			indent = 0
			for i < len(src) && (src[i] == ' ' || src[i] == '\t') {
				i, indent = i+1, indent+1
			}
			fresh = false
			continue
		}
		c := src[i]
		switch {
		case quote != "":
			if c == '\\' && i+1 < len(src) {
				cur.WriteString(src[i : i+2])
				i += 2
				continue
			}
			if strings.HasPrefix(src[i:], quote) {
				cur.WriteString(quote)
				i, quote = i+len(quote), ""
				continue
			}
			if c == '\n' && len(quote) == 1 {
				quote = "" // Python would refuse it
			}
		case c == '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
			continue
		case c == '"' || c == '\'':
			quote = string(c)
			if strings.HasPrefix(src[i:], strings.Repeat(quote, 3)) {
				quote = strings.Repeat(quote, 3)
			}
			cur.WriteString(quote)
			i += len(quote)
			continue
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == '\\' && i+1 < len(src) && src[i+1] == '\n':
			i += 2
			continue
		case c == '\n' && depth <= 0 || c == ';' && depth <= 0:
			flush(false)
			fresh, depth = c == '\n', 0
			i++
			continue
		}
		cur.WriteByte(c)
		i++
	}
	flush(depth > 0 || quote != "")
	return code(out)
}

// code leaves texts out that stand alone: they are comments.
func code(all []statement) []statement {
	var out []statement
	for _, s := range all {
		if s.text[0] != '"' && s.text[0] != '\'' {
			out = append(out, s)
		}
	}
	return out
}
