package jinja

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"quintain"
)

// A way is the syntax of an access.
type way uint8

const (
	dot   way = iota // a.b
	item             // a[b]
	attr             // a|attr(b)
	given            // a name that a filter was given: map(attribute=b)
)

// A spelling says how an access is written.
type spelling struct {
	way   way
	base  string // describes what is accessed
	built bool   // the name is not a constant at this place
}

// A chain is a series of accesses that left the data.
type chain struct {
	root *escape
	path string
}

// An escape is the place where a chain left the data, with the worst that came
// of it.
type escape struct {
	off    int
	path   string
	built  bool // a name of it is put together
	called bool
}

const maxPath = 200

// step returns the chain after one more access or call.
func (c *chain) step(s string, called, built bool) *chain {
	next := &chain{c.root, c.path}
	if len(next.path) < maxPath {
		next.path += s
	}
	r := c.root
	if called && !r.called || called == r.called && len(next.path) > len(r.path) {
		r.path = next.path
	}
	r.called = r.called || called
	r.built = r.built || built
	return next
}

func (e *escape) note() Note {
	n := Note{Offset: e.off, Severity: quintain.High, Text: "reaches into Python: " + e.path}
	if e.called {
		n.Severity = quintain.Critical
		n.Text = "would run code: " + e.path
	}
	if e.built {
		n.Text += ", with a name that the template puts together out of pieces"
	}
	return n
}

// reach notes an access to an internal attribute, or one more step of a chain,
// and returns what it yields.
func (in *interp) reach(off int, base value, desc, step string, built bool) value {
	in.reached[off] = true
	c := base.chain
	if c == nil {
		root := in.escapes[off]
		if root == nil {
			root = &escape{off: off}
			in.escapes[off] = root
		}
		c = &chain{root, desc}
	}
	return value{bits: anObject, chain: c.step(step, false, built)}
}

// access returns an attribute or element of base.
func (in *interp) access(off int, base, key value, how spelling) value {
	in.charge(1)
	bases, keys := base.each(), key.each()
	var out []value
	for _, b := range bases {
		for _, k := range keys {
			out = append(out, in.access1(off, b, k, how))
		}
	}
	return joined(out)[0]
}

func (in *interp) access1(off int, base, key value, how spelling) value {
	if key.kind == isText {
		private := how.way == attr || base.kind != isUnknown || !base.is(fromData)
		if internal(key.str, private) || base.chain != nil {
			step := "." + key.str
			if !plain(key.str) {
				step = fmt.Sprintf("[%q]", key.str)
			}
			return in.reach(off, base, how.base, step, how.built)
		}
		return in.attribute(off, base, key.str, how)
	}
	if base.chain != nil {
		step := "[…]"
		if key.kind == isInt {
			step = fmt.Sprintf("[%d]", key.num)
		}
		return in.reach(off, base, how.base, step, false)
	}
	if key.kind == isInt || key.kind == isBool {
		return in.index(base, key.num)
	}
	b := in.computed(off, base, key, how) | key.bits&onTrigger
	switch base.kind {
	case isDict, isSpace, isList, isText:
		_, each, _ := in.elements(in.values(base))
		return join(each, unknown(0)).with(b)
	default:
		return unknown(origin(base, 0)&^onTrigger | inContentOf(base) | b)
	}
}

// computed judges a name that is not known, and returns what to remember about
// the value. One step into data under such a name leads nowhere; two may.
func (in *interp) computed(off int, base, key value, how spelling) bits {
	thing := base.kind == isFunc || base.kind == isMacro || base.kind == isMethod
	made := key.is(aText) || key.is(anObject) || how.way == attr
	switch {
	case key.kind == isUnknown && key.bits&^(sticky|onTrigger) == aNumber && how.way != attr:
		return 0
	case thing, how.way == attr:
		in.note(off, quintain.High, "reads an attribute of %s under a name that cannot be known before it runs", how.base)
	case made && (base.is(lookedUp) || base.kind == isText), base.kind == isText:
		in.note(off, quintain.Medium, "reads %s under a name that the template puts together and that cannot be known before it runs", how.base)
	case base.is(lookedUp) && key.kind == isUnknown:
		in.note(off, quintain.Medium, "reads %s, which it found under a name it put together, under another name that cannot be known before it runs", how.base)
	}
	if made {
		return lookedUp
	}
	return 0
}

// inContentOf returns the bits of an element of a message under any name.
func inContentOf(base value) bits {
	if base.is(inMessage) {
		return inContent
	}
	return 0
}

// values returns the values of a dict or namespace as a list, and anything
// else as it is.
func (in *interp) values(v value) value {
	if v.kind != isDict && v.kind != isSpace {
		return v
	}
	m := v.ref.cell.v
	var out []value
	for i := 1; i < len(m.alts); i += 2 {
		out = append(out, m.alts[i])
	}
	return value{kind: isSeq, open: m.open, alts: out}
}

// index returns an element by number.
func (in *interp) index(base value, i int64) value {
	switch base.kind {
	case isText:
		runes := []rune(base.str)
		in.charge(len(runes) / 256)
		if i < 0 {
			i += int64(len(runes))
		}
		if i >= 0 && i < int64(len(runes)) {
			return text(string(runes[i]))
		}
		return unknown(0)
	case isList, isSeq:
		elems, each, known := in.elements(base)
		if i < 0 {
			i += int64(len(elems))
		}
		switch {
		case !known:
			return each
		case i >= 0 && i < int64(len(elems)):
			return elems[i]
		}
		return unknown(0)
	case isDict:
		_, each, _ := in.elements(in.values(base))
		return join(each, unknown(0))
	case isUnknown:
		return value{bits: base.bits}
	default:
		return unknown(origin(base, 0))
	}
}

// attribute returns an attribute or entry with a known, harmless name.
func (in *interp) attribute(off int, base value, name string, how spelling) value {
	switch base.kind {
	case isDict, isSpace:
		m := base.ref.cell.v
		var maybe []value
		for i := 0; i+1 < len(m.alts); i += 2 {
			if k := m.alts[i]; k.kind == isText && k.str == name && !m.open {
				return m.alts[i+1]
			} else if k.kind != isText || k.str == name {
				maybe = append(maybe, m.alts[i+1])
			}
		}
		if methods[name] && base.kind == isDict {
			maybe = append(maybe, method(base, name))
		}
		if len(maybe) > 0 {
			return joined(maybe)[0]
		}
		return unknown(0)
	case isText, isList, isSeq:
		if methods[name] {
			return method(base, name)
		}
		return value{str: name}
	case isLoop:
		return in.loopAttribute(base, name)
	case isMacro:
		if macroNames[name] {
			return unknown(aText)
		}
	case isMethod: // of a mapping without that entry, by mistake
		return value{str: name}
	case isFunc:
	default:
		return in.entry(base, name)
	}
	in.note(off, quintain.Medium, "reads attribute %q of %s, a function, which no template needs", name, how.base)
	return value{bits: anObject, str: name}
}

func method(recv value, name string) value {
	return value{kind: isMethod, str: name, ref: &object{recv: recv}}
}

// entry returns an entry of data that the caller passes.
func (in *interp) entry(base value, name string) value {
	b := base.bits
	switch {
	case labels[name]:
		b &^= inContent | inMessage
	case base.is(inMessage) && contents[name]:
		b |= inContent
	}
	return value{bits: b, str: name}
}

func (in *interp) loopAttribute(loop value, name string) value {
	i, n := loop.alts[0], loop.alts[1]
	known := i.kind == isInt
	switch name {
	case "index0":
		return i
	case "length":
		return n
	case "index", "revindex", "revindex0", "first", "last":
		if !known {
			return unknown(aNumber)
		}
		switch name {
		case "index":
			return integer(i.num + 1)
		case "revindex":
			return integer(n.num - i.num)
		case "revindex0":
			return integer(n.num - i.num - 1)
		case "first":
			return boolean(i.num == 0)
		}
		return boolean(i.num == n.num-1)
	case "cycle", "changed":
		return function("loop." + name)
	}
	return unknown(fromData | inMessage)
}

// plain reports whether a name can follow a dot.
func plain(name string) bool { return name != "" && identifier(name) == len(name) }

// describe returns a short text for an expression.
func describe(e *expr) string {
	if e == nil {
		return "…"
	}
	switch e.op {
	case opName:
		return e.name
	case opConst:
		switch e.val.kind {
		case isText:
			return fmt.Sprintf("%q", short(e.val.str))
		case isInt:
			return fmt.Sprint(e.val.num)
		default:
		}
	case opAttr:
		if e.depth < 6 {
			return describe(e.args[0]) + "." + e.name
		}
	case opCall:
		if e.depth < 6 {
			return describe(e.args[0]) + "()"
		}
	case opItem:
		if e.depth < 6 {
			return describe(e.args[0]) + "[" + describe(e.args[1]) + "]"
		}
	case opList:
		if len(e.args) == 0 {
			return "[]"
		}
		return "[…]"
	case opTuple:
		return "(…)"
	case opDict:
		return "{…}"
	default:
	}
	return "(…)"
}

// short cuts a text for display.
func short(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	i := most
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return s[:i] + "…"
}

// paths splits the name that an attribute filter was given: "a.b.0", and for
// sort "a,b".
func paths(name string, commas bool) [][]string {
	parts := []string{name}
	if commas {
		parts = strings.Split(name, ",")
	}
	var out [][]string
	for _, p := range parts {
		out = append(out, strings.Split(p, "."))
	}
	return slices.Clip(out)
}
