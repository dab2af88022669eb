package jinja

import "slices"

// A kind says what is known of a value.
type kind uint8

const (
	isUnknown kind = iota // only where it came from: bits
	isText                // str
	isInt                 // num
	isBool                // num is 0 or 1
	isNone
	isList   // content of ref is a sequence
	isDict   // content of ref is a mapping
	isSpace  // a namespace: content of ref is a mapping
	isFunc   // a function of the environment: str
	isMacro  // ref
	isMethod // str of the receiver in ref
	isLoop   // alts: index0 and length
	isAlts   // one of alts
	isSeq    // content of a list: alts, in this order unless open
	isMap    // content of a dict: alts are keys and values, all known unless open
)

// Bits say where an unknown value came from.
type bits uint16

const (
	fromData  bits = 1 << iota // the caller's data, as it was given
	aNumber                    // a number or a boolean
	aText                      // a text that the template or its author made
	anObject                   // something that is not data
	inMessage                  // from the list of messages
	inContent                  // from the text of a message
	fromClock                  // from the date
	lookedUp                   // under a name that is not known
	onTrigger                  // depends on a phrase in a message, or on the date
)

// sticky are the bits that pass through computations.
const sticky = inMessage | inContent | fromClock

// A value is what the abstract evaluation knows of a value.
type value struct {
	kind  kind
	bits  bits
	open  bool
	num   int64
	str   string // also the name under which an unknown value was found
	ref   *object
	alts  []value
	chain *chain
}

// An object is something that can change or has an identity.
type object struct {
	cell  cell // content
	macro *stmt
	scope *scope // of a macro's definition
	recv  value  // of a method
}

// A cell is a place that the template can write to.
type cell struct {
	v  value
	id int // number of a variable, in the order in which they came to be
}

const (
	maxAlts = 48       // alternatives of a value
	maxText = 64 << 10 // bytes of a known text
	maxSeq  = 4096     // elements of a known list
)

func unknown(b bits) value    { return value{bits: b} }
func text(s string) value     { return value{kind: isText, str: s} }
func integer(i int64) value   { return value{kind: isInt, num: i} }
func function(n string) value { return value{kind: isFunc, str: n} }

func boolean(b bool) value {
	if b {
		return value{kind: isBool, num: 1}
	}
	return value{kind: isBool}
}

func list(elems []value) value {
	return value{kind: isList, ref: &object{cell: cell{v: value{kind: isSeq, alts: elems}}}}
}

func dict(pairs []value) value {
	return value{kind: isDict, ref: &object{cell: cell{v: value{kind: isMap, alts: pairs}}}}
}

func (v *value) is(b bits) bool { return v.bits&b != 0 }

// with returns v with more bits.
func (v value) with(b bits) value {
	v.bits |= b
	return v
}

// each returns the alternatives of v.
func (v *value) each() []value {
	if v.kind == isAlts {
		return v.alts
	}
	return []value{*v}
}

// texts returns the texts that v can be, if it is nothing else.
func (v *value) texts() ([]string, bool) {
	var out []string
	for _, a := range v.each() {
		if a.kind != isText {
			return nil, false
		}
		out = append(out, a.str)
	}
	return out, true
}

func equal(a, b value) bool {
	return a.kind == b.kind && a.bits == b.bits && a.open == b.open && a.num == b.num && a.str == b.str && a.ref == b.ref &&
		(a.chain == nil) == (b.chain == nil) && slices.EqualFunc(a.alts, b.alts, equal)
}

// origin returns the bits of an unknown value that stands for v.
func origin(v value, depth int) bits {
	b := v.bits
	switch v.kind {
	case isText:
		b |= aText
	case isInt, isBool:
		b |= aNumber
	case isFunc, isMacro, isMethod, isLoop:
		b |= anObject
	case isList, isDict, isSpace:
		if depth < 4 {
			b |= origin(v.ref.cell.v, depth+1)
		} else {
			b |= aText | anObject
		}
	case isAlts, isSeq, isMap:
		for _, a := range v.alts {
			b |= origin(a, depth+1)
		}
	default:
	}
	return b
}

// blur returns the unknown value that stands for v.
func blur(v value) value {
	u := unknown(origin(v, 0))
	u.chain = v.chain
	return u
}

// join returns what is known of a value that is a or b.
func join(a, b value) value {
	if equal(a, b) {
		return a
	}
	if a.kind == isSeq && b.kind == isSeq {
		return joinSeq(a, b)
	}
	if a.kind == isMap && b.kind == isMap {
		return joinMap(a, b)
	}
	var out []value
	var rest value // what is unknown
	have := false
	ints := 0
	for _, v := range append(slices.Clone(a.each()), b.each()...) {
		if v.kind == isUnknown {
			if have && rest.str != v.str {
				rest.str = ""
			} else {
				rest.str = v.str
			}
			rest.bits |= v.bits
			if rest.chain == nil {
				rest.chain = v.chain
			}
			have = true
			continue
		}
		if slices.ContainsFunc(out, func(o value) bool { return equal(o, v) }) {
			continue
		}
		if v.kind == isInt {
			ints++
		}
		out = append(out, v)
	}
	if len(out) > maxAlts || ints > 4 {
		for _, v := range out {
			rest.bits |= origin(v, 0)
		}
		return rest
	}
	if have {
		out = append(out, rest)
	}
	if len(out) == 1 {
		return out[0]
	}
	u := value{kind: isAlts, alts: out}
	for _, v := range out {
		u.bits |= v.bits & (sticky | onTrigger)
	}
	return u
}

func joinSeq(a, b value) value {
	if !a.open && !b.open && len(a.alts) == len(b.alts) {
		out := make([]value, len(a.alts))
		for i := range out {
			out[i] = join(a.alts[i], b.alts[i])
		}
		return value{kind: isSeq, alts: out}
	}
	return value{kind: isSeq, open: true, alts: joined(append(slices.Clone(a.alts), b.alts...))}
}

// joined returns vs as one value, or none if vs is empty.
func joined(vs []value) []value {
	if len(vs) == 0 {
		return nil
	}
	out := vs[0]
	for _, v := range vs[1:] {
		out = join(out, v)
	}
	return []value{out}
}

func joinMap(a, b value) value {
	out := value{kind: isMap, open: a.open || b.open, alts: slices.Clone(a.alts)}
	for i := 0; i+1 < len(b.alts); i += 2 {
		out.alts = put(out.alts, b.alts[i], b.alts[i+1], true)
	}
	if len(out.alts) > maxSeq {
		return collapse(out)
	}
	return out
}

// collapse returns a mapping with one entry that stands for all.
func collapse(m value) value {
	var keys, vals []value
	for i := 0; i+1 < len(m.alts); i += 2 {
		keys, vals = append(keys, m.alts[i]), append(vals, m.alts[i+1])
	}
	return value{kind: isMap, open: true, alts: append(joined(keys), joined(vals)...)}
}

// put sets a key in pairs; a weak put keeps what was there as an alternative.
func put(pairs []value, key, val value, weak bool) []value {
	for i := 0; i+1 < len(pairs); i += 2 {
		if equal(pairs[i], key) {
			if weak {
				val = join(pairs[i+1], val)
			}
			pairs[i+1] = val
			return pairs
		}
	}
	return append(pairs, key, val)
}

// widen returns a value that covers a and b, which came to be one round of a
// loop later, and that further rounds cannot push on forever.
func widen(a, b value) value {
	if equal(a, b) {
		return a
	}
	j := join(a, b)
	switch j.kind {
	case isSeq:
		j = value{kind: isSeq, open: true, alts: joined(j.alts)}
		if old := joined(a.alts); len(old) > 0 {
			j.alts[0] = widen(old[0], j.alts[0])
		}
		return j
	case isMap:
		return widenMap(a, j)
	case isAlts:
	case isList, isDict, isSpace, isMacro, isFunc:
		return j
	default:
		return blur(j)
	}
	// texts and numbers multiply; the objects that the template makes do not
	var rest value
	var keep []value
	for _, v := range j.alts {
		if v.kind == isText && hasText(a, v.str) || v.kind > isInt && v.kind < isAlts {
			keep = append(keep, v)
			continue
		}
		rest = join(rest, blur(v))
	}
	if len(keep) > maxAlts/2 {
		return blur(j)
	}
	if rest.bits != 0 || rest.chain != nil || len(keep) == 0 {
		keep = append(keep, rest)
	}
	return joined(keep)[0].with(j.bits)
}

// hasText reports whether s is an alternative of v.
func hasText(v value, s string) bool {
	return slices.ContainsFunc(v.each(), func(x value) bool { return x.kind == isText && x.str == s })
}

func widenMap(a, j value) value {
	if len(j.alts) > 128 && len(j.alts) > len(a.alts) {
		return collapse(j)
	}
	out := slices.Clone(j.alts)
	for i := 0; i+1 < len(out); i += 2 {
		for k := 0; k+1 < len(a.alts); k += 2 {
			if equal(a.alts[k], out[i]) {
				out[i+1] = widen(a.alts[k+1], out[i+1])
			}
		}
	}
	return value{kind: isMap, open: j.open, alts: out}
}
