package jinja

import (
	"slices"
	"strings"

	"quintain"
)

// slice evaluates a[b:c:d].
func (in *interp) slice(e *expr) value {
	base := in.eval(e.args[0])
	var nums [3]*int64
	known := true
	for i, x := range e.args[1:] {
		if x == nil {
			continue
		}
		switch v := in.eval(x); v.kind {
		case isInt:
			nums[i] = &v.num
		case isNone:
		default:
			known = false
		}
	}
	var out []value
	for _, b := range base.each() {
		out = append(out, in.slice1(e.off, b, nums, known, describe(e.args[0])))
	}
	return joined(out)[0]
}

func (in *interp) slice1(off int, base value, nums [3]*int64, known bool, desc string) value {
	if base.chain != nil {
		return in.reach(off, base, desc, "[…]", false)
	}
	if base.kind == isUnknown {
		return value{bits: base.bits}
	}
	elems, each, all := in.elements(base)
	if !all || !known {
		if base.kind == isText {
			return unknown(aText)
		}
		return list1(each)
	}
	picked := cut(elems, nums)
	if base.kind != isText {
		return in.list(picked)
	}
	var b strings.Builder
	for _, p := range picked {
		b.WriteString(p.str)
	}
	return text(b.String())
}

// cut returns the elements that a slice of Python picks.
func cut(elems []value, nums [3]*int64) []value {
	n := int64(len(elems))
	step := int64(1)
	if nums[2] != nil {
		step = *nums[2]
	}
	if step == 0 {
		return nil
	}
	clamp := func(p *int64, missing, low, high int64) int64 {
		if p == nil {
			return missing
		}
		i := *p
		if i < 0 {
			i = max(i+n, low)
		}
		return min(max(i, low), high)
	}
	var out []value
	if step > 0 {
		stop := clamp(nums[1], n, 0, n)
		for i := clamp(nums[0], 0, 0, n); i < stop; i += min(step, n+1) {
			out = append(out, elems[i])
		}
		return out
	}
	stop := clamp(nums[1], -1, -1, n-1)
	for i := clamp(nums[0], n-1, -1, n-1); i > stop; i += max(step, -n-1) {
		out = append(out, elems[i])
	}
	return out
}

// test evaluates "x is name(args)".
func (in *interp) test(e *expr) value {
	if e.name == "defined" || e.name == "undefined" { // of anything, without use
		if e.args[0].op == opName {
			return unknown(aNumber)
		}
	}
	v := in.eval(e.args[0])
	a := in.arguments(e)
	if !tests[e.name] {
		in.note(e.off, quintain.None, "uses test %q, which is none of the usual runtimes", e.name)
		return unknown(aNumber)
	}
	through := v.bits & onTrigger
	switch e.name {
	case "eq", "equalto", "sameas":
		return compare("==", v, a.first())
	case "ne":
		return compare("!=", v, a.first())
	case "in":
		return compare("in", v, a.first())
	case "none":
		switch v.kind {
		case isNone:
			return boolean(true)
		case isUnknown, isAlts:
		default:
			return boolean(false)
		}
	case "true", "false":
		if v.kind == isBool {
			return boolean((v.num != 0) == (e.name == "true")).with(through)
		}
	}
	return unknown(aNumber | through)
}

// phrase reports whether a value is a text that could be a secret sign: words
// rather than markup.
func phrase(v value) bool {
	texts, ok := v.texts()
	if !ok {
		if v.kind != isList {
			return false
		}
		return slices.ContainsFunc(v.ref.cell.v.alts, func(x value) bool { return x.kind == isText && phrase(x) })
	}
	return slices.ContainsFunc(texts, func(s string) bool {
		return !strings.ContainsAny(s, "<>[]{}|/#\\") && letters(s) >= 3
	})
}

// planted notes long texts that are only there after a trigger.
func (in *interp) planted(off int, body []*stmt, exprs []*expr) {
	best := ""
	see := func(s string) {
		if words(s) > words(best) {
			best = s
		}
	}
	look := func(e *expr) bool {
		if e.op == opConst && e.val.kind == isText {
			see(e.val.str)
		}
		return e.op != opCall || e.args[0].op != opName || e.args[0].name != "raise_exception"
	}
	for _, e := range exprs {
		walkExprs(e, look)
	}
	walk(body, func(s *stmt) { see(s.text) }, look)
	if words(best) >= 5 || strings.Contains(best, "://") {
		in.note(off, quintain.Medium, "adds text to the prompt only after a certain phrase or date: %q", short(strings.TrimSpace(best)))
	}
}
