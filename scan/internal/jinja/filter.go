package jinja

import (
	"slices"
	"strings"

	"quintain"
)

// filter evaluates a filter on v.
func (in *interp) filter(e *expr, v value) value {
	return in.applyAll(e.off, e.name, describe(e.args[0]), v, in.arguments(e))
}

// applyAll applies a filter to every alternative of v.
func (in *interp) applyAll(off int, name, desc string, v value, a *args) value {
	var out []value
	for _, x := range v.each() {
		out = append(out, in.apply(off, name, desc, x, a))
	}
	return joined(out)[0]
}

// apply applies a filter to v.
func (in *interp) apply(off int, name, desc string, v value, a *args) value {
	if in.charge(1); in.err != nil {
		return unknown(0)
	}
	if !filters[name] {
		in.note(off, quintain.None, "uses filter %q, which is none of the usual runtimes", name)
		return unknown(aText | origin(v, 0)&(sticky|onTrigger))
	}
	switch name {
	case "attr":
		key, _ := a.get(0, "name")
		return in.access(off, v, key, spelling{attr, desc, a.built(0, "name")})
	case "map", "select", "reject", "selectattr", "rejectattr":
		return in.pick(off, name, desc, v, a)
	case "sort", "unique", "groupby", "sum", "min", "max", "join":
		return in.byAttribute(off, name, desc, v, a)
	case "default", "d":
		other, ok := a.get(0, "default_value")
		if !ok {
			other = text("")
		}
		if is, known := truth(v); known && is && v.kind != isUnknown {
			return v
		}
		return join(v, other)
	case "string", "safe", "e", "escape", "forceescape", "striptags", "urlize", "tojson", "pprint", "xmlattr", "urlencode", "indent",
		"wordwrap", "trim", "upper", "lower", "capitalize", "title", "truncate", "center", "replace", "format":
		return in.textFilter(off, name, v, a)
	case "first", "last", "random", "list", "reverse", "batch", "slice", "items", "dictsort":
		return in.sequence(name, v, a)
	case "length", "count":
		return length(v)
	case "abs", "int", "float", "round", "wordcount":
		if v.kind == isInt {
			return v
		}
		return unknown(aNumber | origin(v, 0)&(sticky|onTrigger))
	}
	return unknown(aText | origin(v, 0)&(sticky|onTrigger))
}

func length(v value) value {
	switch v.kind {
	case isText:
		return integer(int64(len([]rune(v.str))))
	case isList:
		if c := v.ref.cell.v; !c.open {
			return integer(int64(len(c.alts)))
		}
	default:
	}
	return unknown(aNumber | v.bits&(sticky|onTrigger))
}

// follow reads a dotted path below base, as filters do that are given the name
// of an attribute.
func (in *interp) follow(off int, desc string, base, name value, commas, built bool) value {
	if name.kind == isInt {
		return in.index(base, name.num)
	}
	names, ok := name.texts()
	if !ok {
		return in.access(off, base, name, spelling{given, desc, built})
	}
	var out []value
	for _, n := range names {
		for _, path := range paths(n, commas) {
			at := base
			for _, part := range path {
				at = in.access(off, at, text(part), spelling{given, desc, built})
			}
			out = append(out, at)
		}
	}
	return joined(out)[0]
}

// built reports whether an argument is not a constant where it is given.
func (a *args) built(i int, name string) bool {
	if i >= 0 && i < len(a.pos) {
		return i >= len(a.exprs) || a.exprs[i].op != opConst
	}
	return a.made[name]
}

// pick evaluates the filters that take the name of a filter, test or attribute.
func (in *interp) pick(off int, name, desc string, v value, a *args) value {
	_, each, _ := in.elements(v)
	var result value
	rest := &args{kw: a.kw, names: a.names, made: a.made}
	switch name {
	case "map":
		if key, ok := a.kw["attribute"]; ok {
			result = in.follow(off, desc, each, key, false, a.made["attribute"])
			break
		}
		first, _ := a.get(0, "")
		rest.pos, rest.exprs = a.pos[min(1, len(a.pos)):], a.exprs[min(1, len(a.exprs)):]
		names, ok := first.texts()
		if !ok {
			in.note(off, quintain.Medium, "applies a filter whose name cannot be known before it runs")
			return unknown(aText | anObject)
		}
		if elems, _, known := in.elements(v); known && len(names) == 1 && len(elems) <= 256 {
			out := make([]value, len(elems))
			for i, x := range elems {
				out[i] = in.applyAll(off, names[0], desc, x, rest)
			}
			return in.list(out)
		}
		var out []value
		for _, n := range names {
			out = append(out, in.applyAll(off, n, desc, each, rest))
		}
		result = joined(out)[0]
	case "selectattr", "rejectattr":
		key, _ := a.get(0, "")
		at := in.follow(off, desc, each, key, false, a.built(0, ""))
		trigger := in.testArgs(off, at, a, 1)
		return in.some(v, trigger)
	default:
		trigger := in.testArgs(off, each, a, 0)
		return in.some(v, trigger)
	}
	return list1(result)
}

// testArgs looks at the test that select and its like are given at position i,
// and returns onTrigger if it asks for a phrase.
func (in *interp) testArgs(off int, v value, a *args, i int) bits {
	if i >= len(a.pos) {
		return 0
	}
	names, ok := a.pos[i].texts()
	if !ok {
		in.note(off, quintain.Medium, "applies a test whose name cannot be known before it runs")
	}
	for _, n := range names {
		if !tests[n] {
			in.note(off, quintain.None, "uses test %q, which is none of the usual runtimes", n)
		}
	}
	if i+1 < len(a.pos) {
		return compare("==", v, a.pos[i+1]).bits & onTrigger
	}
	return 0
}

// some returns a list of some of the elements of v.
func (in *interp) some(v value, trigger bits) value {
	_, each, _ := in.elements(v)
	if v.kind == isUnknown {
		return v.with(trigger)
	}
	return list1(each).with(trigger)
}

// byAttribute evaluates the filters that can be given an attribute to go by.
func (in *interp) byAttribute(off int, name, desc string, v value, a *args) value {
	elems, each, known := in.elements(v)
	at := map[string]int{"sort": 2, "groupby": 0, "sum": 0, "join": 1}
	pos, ok := at[name]
	if !ok {
		pos = -1
	}
	if key, ok := a.get(pos, "attribute"); ok {
		each = in.follow(off, desc, each, key, name == "sort", a.built(pos, "attribute"))
		known = false
	}
	switch name {
	case "join":
		sep, ok := a.get(0, "d")
		if !ok {
			sep = text("")
		}
		if !known {
			return unknown(aText | show(each).bits&(sticky|onTrigger))
		}
		out := text("")
		for i, x := range elems {
			if i > 0 {
				out = in.concat(out, sep)
			}
			out = in.concat(out, x)
		}
		return out
	case "groupby":
		return unknown(origin(each, 0) | origin(v, 0))
	case "sum", "min", "max":
		return join(each, unknown(aNumber)).with(origin(v, 0) & sticky)
	case "sort":
		return in.sorted(v, elems, known, a)
	}
	return in.some(v, 0)
}

// sorted sorts a list of known texts.
func (in *interp) sorted(v value, elems []value, known bool, a *args) value {
	for _, x := range elems {
		known = known && x.kind == isText
	}
	if !known || len(a.pos)+len(a.kw) > 0 {
		return in.some(v, 0)
	}
	out := slices.Clone(elems)
	slices.SortStableFunc(out, func(a, b value) int { return strings.Compare(strings.ToLower(a.str), strings.ToLower(b.str)) })
	return list(out)
}

// sequence evaluates the filters that rearrange elements.
func (in *interp) sequence(name string, v value, a *args) value {
	elems, each, known := in.elements(v)
	n := len(elems)
	switch name {
	case "first":
		if known && n > 0 {
			return elems[0]
		}
		return each
	case "last":
		if known && n > 0 {
			return elems[n-1]
		}
		return each
	case "random":
		return each
	case "list", "reverse":
		if !known {
			return in.some(v, 0)
		}
		out := slices.Clone(elems)
		if name == "list" {
			return list(out)
		}
		slices.Reverse(out)
		if v.kind != isText {
			return list(out)
		}
		var parts []string
		for _, x := range out {
			parts = append(parts, x.str)
		}
		return in.long(parts...)
	case "items", "dictsort":
		return in.pairs(v)
	default: // batch, slice: lists of lists
		in.charge(len(a.pos))
		return list1(in.some(v, 0))
	}
}

// list1 returns a list with any number of elements, all of them v.
func list1(v value) value {
	return value{kind: isList, ref: &object{cell: cell{v: value{kind: isSeq, open: true, alts: []value{v}}}}}
}

// pairs returns the entries of a mapping as a list of pairs.
func (in *interp) pairs(v value) value {
	if v.kind != isDict && v.kind != isSpace {
		b := v.bits
		if v.is(inMessage) {
			b |= inContent
		}
		return unknown(b)
	}
	m := v.ref.cell.v
	var out []value
	for i := 0; i+1 < len(m.alts); i += 2 {
		out = append(out, list([]value{m.alts[i], m.alts[i+1]}))
	}
	if m.open {
		return list1(joined(out)[0])
	}
	return in.list(out)
}
