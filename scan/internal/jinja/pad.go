package jinja

import (
	"strings"

	"quintain"
)

// This file evaluates the methods that fill a text up to a width, that replace
// its characters by a table, and the filters that write it as a literal.

// pads are the methods that fill a text up.
var pads = map[string]bool{"ljust": true, "rjust": true, "center": true, "zfill": true}

// padded notes a method that fills a text up beyond all bounds.
func (in *interp) padded(off int, name string, a *args) {
	if w := a.first(); pads[name] && w.kind == isInt && w.num > longText {
		in.note(off, quintain.Medium, "pads a text to %d characters, which exhausts the memory of the runtime", w.num)
	}
}

// pad evaluates a method that fills s up to a width.
func (in *interp) pad(s, name string, a *args) (value, bool) {
	if len(a.pos) == 0 || len(a.pos) > 2 || len(a.kw) > 0 || a.spread || a.pos[0].kind != isInt || a.pos[0].num > maxText {
		return value{}, false
	}
	fill := " "
	if name == "zfill" {
		fill = "0"
	}
	if len(a.pos) == 2 {
		if fill = a.pos[1].str; a.pos[1].kind != isText || len([]rune(fill)) != 1 || name == "zfill" {
			return value{}, false
		}
	}
	width := int(a.pos[0].num)
	n := width - len([]rune(s))
	if n <= 0 {
		return text(s), true
	}
	left := n
	sign := ""
	switch name {
	case "ljust":
		left = 0
	case "center": // as Python rounds
		left = n/2 + n&width&1
	case "zfill":
		if s != "" && (s[0] == '+' || s[0] == '-') {
			sign, s = s[:1], s[1:]
		}
	}
	return in.long(sign, strings.Repeat(fill, left), s, strings.Repeat(fill, n-left)), true
}

// translate replaces the characters of s by a table whose keys are their
// numbers.
func (in *interp) translate(s string, table value) (value, bool) {
	if table.kind != isDict || table.ref.cell.v.open {
		return value{}, false
	}
	to := make(map[rune]string)
	pairs := table.ref.cell.v.alts
	in.charge(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		k, v := pairs[i], pairs[i+1]
		switch {
		case k.kind == isText: // it is no number
		case k.kind != isInt || k.num != int64(rune(k.num)):
			return value{}, false
		case v.kind == isText:
			to[rune(k.num)] = v.str // checked
		case v.kind == isInt && v.num == int64(rune(v.num)):
			to[rune(k.num)] = string(rune(v.num)) // checked
		case v.kind == isNone:
			to[rune(k.num)] = ""
		default:
			return value{}, false
		}
	}
	var parts []string
	for _, r := range s {
		if t, ok := to[r]; ok {
			parts = append(parts, t)
		} else {
			parts = append(parts, string(r))
		}
	}
	return in.long(parts...), true
}

// maxTable is how many characters a table replaces that is followed.
const maxTable = 256

// table makes such a table: of a dictionary of characters, or of two texts of
// one length and a third of what to delete.
func (in *interp) table(a *args) (value, bool) {
	var out []value
	if len(a.pos) == 1 && a.pos[0].kind == isDict && !a.pos[0].ref.cell.v.open {
		pairs := a.pos[0].ref.cell.v.alts
		in.charge(len(pairs) / 2)
		for i := 0; i+1 < len(pairs); i += 2 {
			k := pairs[i]
			if r := []rune(k.str); k.kind == isText && len(r) == 1 {
				k = integer(int64(r[0]))
			}
			out = append(out, k, pairs[i+1])
		}
		return dict(out), true
	}
	if len(a.pos) < 2 || len(a.pos) > 3 || a.spread {
		return value{}, false
	}
	var texts [3][]rune
	for i, p := range a.pos {
		if p.kind != isText {
			return value{}, false
		}
		texts[i] = []rune(p.str)
	}
	if len(texts[0]) != len(texts[1]) || len(texts[0])+len(texts[2]) > maxTable {
		return value{}, false
	}
	for i, r := range texts[0] {
		out = put(out, integer(int64(r)), integer(int64(texts[1][i])), false)
	}
	for _, r := range texts[2] {
		out = put(out, integer(int64(r)), value{kind: isNone}, false)
	}
	return dict(out), true
}

// literal returns v as JSON or, by pprint, as Python writes it, where all
// runtimes agree on that.
func literal(name string, v value) (value, bool) {
	quote := `"`
	if name == "pprint" {
		quote = "'"
	}
	switch {
	case v.kind == isInt:
		return show(v), true
	case v.kind != isText || strings.ContainsFunc(v.str, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune(`"'\<>&`, r) }):
		return value{}, false
	}
	return text(quote + v.str + quote), true
}
