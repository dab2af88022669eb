package pickle

import (
	"math/bits"
	"strings"
)

// This file finds calls that are allowed and ask for more memory than a
// machine has.

const (
	hugeBytes  = 1 << 30   // of an object, or elements of an array
	hugeMemo   = 1 << 24   // of the memo, beyond what the file can fill
	hugeRange  = 1 << 27   // numbers in a range that is listed
	hugeNumber = 1<<63 - 1 // what a number of more than eight bytes counts as
)

// alloc judges the numbers in a call of fn, which its rule allows. It returns
// what the call makes, and whether that is another object than any call of fn
// makes.
func (m *machine) alloc(fn, args value) (value, bool) {
	n := m.node(fn)
	elems, _ := m.ring.elems(args)
	if len(elems) == 0 {
		return value{}, false
	}
	switch {
	case n.rule.act == actAlloc:
		if m.product(elems) >= hugeBytes {
			m.exhausts(m.render(quoteName(n.full()), args))
		}
	case strings.HasPrefix(n.rule.canonical, "torch.nn.modules."):
		if m.product(elems) >= 1<<32 {
			m.exhausts(m.render(quoteName(n.full()), args))
		}
	case n.rule.act == actRange:
		stop := elems[0]
		if len(elems) > 1 {
			stop = elems[1]
		}
		if m.product([]value{stop}) >= hugeRange {
			return m.derive(node{kind: nodeCall, base: fn.code, name: "huge"}), true
		}
	case elems[0].isNode():
		first := m.node(elems[0])
		if first.kind == nodeCall && first.name == "huge" && m.isMade(elems[0], actRange) {
			m.exhausts(m.render(quoteName(n.full()), args) + " of a range of huge length")
		}
	}
	return value{}, false
}

func (m *machine) exhausts(call string) {
	m.flaw(medium, "exhausts the memory of the process that loads it: calls %s", call)
}

// product multiplies the positive numbers among elems and in tuples among
// them.
func (m *machine) product(elems []value) uint64 {
	p := uint64(1)
	times := func(n uint64) {
		if hi, lo := bits.Mul64(p, n); hi > 0 {
			p = hugeNumber
		} else {
			p = lo
		}
	}
	for _, v := range elems {
		if inner, ok := m.ring.elems(v); ok && v.code == tuple {
			for _, w := range inner {
				times(m.positive(w))
			}
			continue
		}
		times(m.positive(v))
	}
	return p
}

// positive returns the value of a positive number, and 1 for anything else.
func (m *machine) positive(v value) uint64 {
	n, ok := m.number(v)
	switch {
	case ok && n > 0:
		return uint64(n)
	case !ok && v.code == long && v.off >= 0:
		if b, err := m.src.at(v.off+int64(v.n)-1, 1); err == nil && b[0]&0x80 == 0 {
			return hugeNumber
		}
	}
	return 1
}

// memoAt judges an index of the memo: the unpickler in C keeps the memo in an
// array, which it makes twice as long as the largest index.
func (m *machine) memoAt(i uint32) {
	if i >= hugeMemo && int64(i) > m.src.size {
		m.flaw(medium, "exhausts the memory of the process that loads it: the memo has an entry %d in a file of %d bytes", i, m.src.size)
	}
}
