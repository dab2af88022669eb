package jinja

import (
	"fmt"
	"strconv"
	"strings"

	"quintain"
)

// format evaluates str.format, whose fields can name attributes.
func (in *interp) format(off int, recv value, name string, a *args) value {
	through := (show(recv).bits | in.origins(a.all())) & (sticky | onTrigger)
	formats, ok := recv.texts()
	if !ok {
		if recv.bits&(aText|fromData) != 0 || recv.kind == isAlts {
			in.note(off, quintain.Medium, "formats with a pattern that cannot be known before it runs and that can name internal attributes")
		}
		return unknown(aText | through)
	}
	var out []value
	for _, f := range formats {
		out = append(out, in.fields(off, f, name, a))
	}
	return joined(out)[0]
}

// fields fills in the fields of one pattern.
func (in *interp) fields(off int, s, name string, a *args) value {
	out := text("")
	known := name == "format"
	auto := 0
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			out = in.concat(out, text(s))
			break
		}
		out = in.concat(out, text(s[:i]))
		if strings.HasPrefix(s[i:], "{{") || strings.HasPrefix(s[i:], "}}") {
			out = in.concat(out, text(s[i:i+1]))
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if s[i] == '}' || end < 0 {
			break
		}
		field := s[i+1 : i+end]
		s = s[i+end+1:]
		v, ok := in.field(off, field, a, &auto)
		if known = known && ok; known {
			out = in.concat(out, v)
		}
	}
	if !known || in.err != nil {
		return unknown(aText | in.origins(a.all())&(sticky|onTrigger))
	}
	return out
}

// field returns what a field of a pattern stands for, and notes internal
// attributes that it names.
func (in *interp) field(off int, field string, a *args, auto *int) (value, bool) {
	ref, spec, _ := strings.Cut(field, ":")
	ref, conv, _ := strings.Cut(ref, "!")
	if n := len(strings.TrimLeft(spec, "<>=^ 0123456789")); len(spec)-n > 9 {
		in.note(off, quintain.Medium, "pads a text to %s characters, which exhausts the memory of the runtime", short(spec))
	}
	parts := strings.FieldsFunc(ref, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for _, p := range parts[min(1, len(parts)):] {
		if internal(p, true) {
			in.reach(off, value{}, fmt.Sprintf("%q", short("{"+ref+"}")), ".format()", false)
			return unknown(aText), true
		}
	}
	name := ""
	if len(parts) > 0 {
		name = parts[0]
	}
	if ref == "" {
		name = strconv.Itoa(*auto)
		*auto++
	}
	v, ok := a.kw[name]
	if n, err := strconv.Atoi(name); err == nil && n >= 0 {
		v, ok = a.get(n, "")
	}
	if !ok || len(parts) > 1 || conv != "" && conv != "s" {
		return value{}, false
	}
	switch {
	case spec == "c" && v.kind == isInt:
		return text(string(rune(v.num))), true
	case spec == "" || spec == "s":
		return v, true
	}
	return value{}, false
}
