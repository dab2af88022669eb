package jinja

import (
	"strings"
	"unicode"

	"quintain"
)

// textFilter evaluates the filters that yield a text.
func (in *interp) textFilter(off int, name string, v value, a *args) value {
	through := (show(v).bits | in.origins(a.all())) & (sticky | onTrigger)
	switch name {
	case "center", "indent":
		if w, ok := a.get(0, "width"); ok && w.kind == isInt && w.num > longText {
			in.note(off, quintain.Medium, "pads a text to %d characters, which exhausts the memory of the runtime", w.num)
		}
		if out, ok := in.pad(v.str, name, a); ok && v.kind == isText && name == "center" {
			return out
		}
	case "format":
		arg := list(a.pos)
		if len(a.names) > 0 {
			arg = unknown(in.origins(a.all()) | aText)
		}
		return in.percent(off, v, arg)
	case "trim", "upper", "lower", "capitalize", "title", "replace":
		return in.method(off, show(v), map[string]string{"trim": "strip"}[name]+strings.TrimPrefix(name, "trim"), a)
	case "string", "safe", "e", "escape", "forceescape":
		s := show(v)
		if s.kind != isText || !strings.ContainsAny(s.str, `<>&"'`) || name == "string" || name == "safe" {
			return s
		}
	case "tojson", "pprint":
		if out, ok := literal(name, v); ok {
			return out
		}
	case "urlencode", "striptags", "wordwrap", "truncate", "urlize":
		if v.kind == isText && plain(v.str) && len(a.pos)+len(a.kw) == 0 {
			return v
		}
	}
	return unknown(aText | through)
}

// method calls a method of a text, list or dict.
func (in *interp) method(off int, recv value, name string, a *args) value {
	if v, ok := in.mutate(recv, name, a); ok {
		return v
	}
	if name == "format" || name == "format_map" {
		return in.format(off, recv, name, a)
	}
	in.padded(off, name, a)
	if recv.kind == isText {
		if v, ok := in.textMethod(recv.str, name, a); ok {
			return v.with(recv.bits & onTrigger)
		}
	}
	all := a.all()
	through := (recv.bits | in.origins(all)) & (sticky | onTrigger)
	switch name {
	case "startswith", "endswith", "find", "index", "count", "rfind", "rindex":
		out := unknown(aNumber | through)
		if recv.is(inContent) && len(all) > 0 && phrase(all[0]) {
			out.bits |= onTrigger
		}
		return out
	case "get":
		key, _ := a.get(0, "key")
		other, _ := a.get(1, "default")
		return join(in.getEntry(recv, key), other)
	case "items":
		return in.pairs(recv)
	case "keys":
		if recv.kind == isDict {
			_, each, known := in.elements(recv)
			elems, _, _ := in.elements(recv)
			if known {
				return in.list(elems)
			}
			return list1(each)
		}
		return unknown(recv.bits)
	case "values":
		if recv.kind == isDict {
			m := in.values(recv)
			return value{kind: isList, ref: &object{cell: cell{v: m}}}
		}
		return unknown(recv.bits | inContentOf(recv))
	case "copy":
		return recv
	case "split", "rsplit", "splitlines", "partition", "rpartition":
		return unknown(aText | through)
	}
	if strings.HasPrefix(name, "is") {
		return unknown(aNumber | through)
	}
	return unknown(aText | through)
}

// getEntry returns an entry of a mapping, which is never an attribute.
func (in *interp) getEntry(recv, key value) value {
	name, ok := key.texts()
	switch {
	case recv.kind == isUnknown && ok && len(name) == 1:
		return in.entry(recv, name[0])
	case recv.kind == isUnknown:
		return unknown(recv.bits | inContentOf(recv))
	case recv.kind != isDict:
		return unknown(0)
	}
	m := recv.ref.cell.v
	var out []value
	for i := 0; i+1 < len(m.alts); i += 2 {
		if equal(m.alts[i], key) && !m.open {
			return m.alts[i+1]
		}
		if m.open || !ok || m.alts[i].kind != isText {
			out = append(out, m.alts[i+1])
		}
	}
	return joined(append(out, unknown(0)))[0]
}

// mutate evaluates the methods that change a list or dict.
func (in *interp) mutate(recv value, name string, a *args) (value, bool) {
	if recv.kind == isDict {
		switch name {
		case "update", "setdefault", "pop", "popitem", "clear":
			m := value{kind: isMap, open: true, alts: append([]value{}, recv.ref.cell.v.alts...)}
			all := a.all()
			for _, v := range all {
				m.alts = append(m.alts, blur(v), blur(v))
			}
			for _, n := range a.names {
				m.alts = append(m.alts, text(n), a.kw[n])
			}
			m = collapse(m)
			in.write(&recv.ref.cell, m)
			return unknown(origin(m, 0)), true
		}
	}
	if recv.kind != isList {
		return value{}, false
	}
	c := &recv.ref.cell
	elems := append([]value{}, c.v.alts...)
	arg, _ := a.get(0, "")
	switch name {
	case "append":
		elems = append(elems, arg)
	case "extend":
		more, each, known := in.elements(arg)
		if !known {
			more = []value{each}
		}
		elems = append(elems, more...)
		if !known {
			elems = joined(elems)
			in.write(c, value{kind: isSeq, open: true, alts: elems})
			return value{kind: isNone}, true
		}
	case "pop", "insert", "remove", "reverse", "sort", "clear":
		elems = joined(append(elems, a.all()...))
		in.write(c, value{kind: isSeq, open: true, alts: elems})
		if len(elems) > 0 {
			return elems[0], true
		}
		return unknown(0), true
	default:
		return value{}, false
	}
	if c.v.open || len(elems) > maxSeq {
		elems = joined(elems)
		in.write(c, value{kind: isSeq, open: true, alts: elems})
	} else {
		in.write(c, value{kind: isSeq, alts: elems})
	}
	return value{kind: isNone}, true
}

// textMethod evaluates a method of a known text with known arguments. It is
// false if that cannot be done.
func (in *interp) textMethod(s, name string, a *args) (value, bool) {
	in.charge(len(s) / 64)
	arg := func(i int) (string, bool) {
		if i < len(a.pos) && a.pos[i].kind == isText {
			return a.pos[i].str, true
		}
		return "", false
	}
	first, ok := arg(0)
	none := len(a.pos)+len(a.kw) == 0
	switch name {
	case "join":
		elems, _, known := in.elements(a.first())
		if !known {
			return value{}, false
		}
		out := text("")
		for i, x := range elems {
			if i > 0 {
				out = in.concat(out, text(s))
			}
			out = in.concat(out, x)
		}
		return out, true
	case "replace":
		second, ok2 := arg(1)
		if !ok || !ok2 || len(a.pos) > 2 || len(a.kw) > 0 || (strings.Count(s, first)+1)*(len(second)+1)+len(s) > maxText {
			return value{}, false
		}
		return in.long(strings.ReplaceAll(s, first, second)), true
	case "split", "rsplit":
		if ok && first == "" || len(a.pos) > 1 || len(a.kw) > 0 || !none && !ok {
			return value{}, false
		}
		if ok {
			return in.texts(strings.Split(s, first)), true
		}
		return in.texts(strings.Fields(s)), true
	case "ljust", "rjust", "center", "zfill":
		return in.pad(s, name, a)
	case "translate":
		return in.translate(s, a.first())
	case "maketrans":
		return in.table(a)
	case "strip", "lstrip", "rstrip":
		return strip(s, name, first, ok, none)
	case "removeprefix":
		return text(strings.TrimPrefix(s, first)), ok
	case "removesuffix":
		return text(strings.TrimSuffix(s, first)), ok
	case "startswith":
		return boolean(strings.HasPrefix(s, first)), ok && len(a.pos) == 1
	case "endswith":
		return boolean(strings.HasSuffix(s, first)), ok && len(a.pos) == 1
	}
	if !none && name != "encode" && name != "decode" {
		return value{}, false
	}
	return recase(s, name)
}

// texts returns a list of texts.
func (in *interp) texts(parts []string) value {
	out := make([]value, len(parts))
	for i, p := range parts {
		out[i] = text(p)
	}
	return in.list(out)
}

// first returns the first argument.
func (a *args) first() value {
	v, _ := a.get(0, "")
	return v
}

func strip(s, name, cut string, ok, none bool) (value, bool) {
	if !ok && !none {
		return value{}, false
	}
	f := unicode.IsSpace
	if ok {
		f = func(r rune) bool { return strings.ContainsRune(cut, r) }
	}
	if name != "rstrip" {
		s = strings.TrimLeftFunc(s, f)
	}
	if name != "lstrip" {
		s = strings.TrimRightFunc(s, f)
	}
	return text(s), true
}

// recase evaluates the methods without arguments.
func recase(s, name string) (value, bool) {
	switch name {
	case "upper":
		return text(strings.ToUpper(s)), true
	case "lower", "casefold":
		return text(strings.ToLower(s)), true
	case "encode", "decode": // of text that is ASCII in any case that matters
		return text(s), true
	case "capitalize", "title", "swapcase":
		var b strings.Builder
		inside := false
		for _, r := range s {
			switch {
			case name == "swapcase" && unicode.IsUpper(r), name != "swapcase" && inside:
				b.WriteRune(unicode.ToLower(r))
			default:
				b.WriteRune(unicode.ToUpper(r))
			}
			inside = name == "capitalize" || unicode.IsLetter(r)
		}
		return text(b.String()), true
	}
	return value{}, false
}

// percent evaluates "format % args".
func (in *interp) percent(off int, f, arg value) value {
	through := (show(f).bits | origin(arg, 0)) & (sticky | onTrigger)
	elems := []value{arg}
	if arg.kind == isList {
		var known bool
		if elems, _, known = in.elements(arg); !known {
			return unknown(aText | through)
		}
	}
	if f.kind != isText {
		return unknown(aText | through)
	}
	out := text("")
	s := f.str
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+1 >= len(s) {
			return in.concat(out, text(s))
		}
		out = in.concat(out, text(s[:i]))
		c := s[i+1]
		n := len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], "0123456789"))
		if n > 7 {
			in.note(off, quintain.Medium, "pads a text to %s characters, which exhausts the memory of the runtime", short(s[i+1:i+1+n]))
		}
		s = s[i+2:]
		if c == '%' {
			out = in.concat(out, text("%"))
			continue
		}
		if len(elems) == 0 || c != 's' && c != 'c' && c != 'd' {
			return unknown(aText | through)
		}
		v := elems[0]
		elems = elems[1:]
		if c == 'c' && v.kind == isInt {
			v = text(string(rune(v.num)))
		}
		out = in.concat(out, v)
	}
}
