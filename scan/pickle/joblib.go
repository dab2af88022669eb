package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// This file follows joblib. It puts the bytes of an array in line: behind the
// BUILD of a wrapper that says how many they are. Its unpickler reads them
// from the file and goes on with the opcodes behind.

// fields is what a dict says about the array of a wrapper.
type fields struct {
	dict  int64 // number of the dict; 0 is none
	shape value
	dtype value
	align value
}

// newDict returns an empty dict. Only those that may describe an array have a
// number.
func (m *machine) newDict() value {
	if !m.wraps {
		return value{code: dict, off: -1}
	}
	m.dicts++
	return value{code: dict, off: m.dicts}
}

// remember notes what items, keys and values in turn, say about an array.
func (m *machine) remember(d value, items []value) {
	if !m.wraps || d.code != dict || d.off <= 0 {
		return
	}
	for i := 0; i+1 < len(items); i += 2 {
		key, _ := m.textOf(items[i])
		var p *value
		switch key {
		case "shape":
			p = &m.fields.shape
		case "dtype":
			p = &m.fields.dtype
		case "numpy_array_alignment_bytes":
			p = &m.fields.align
		default:
			continue
		}
		if m.fields.dict != d.off {
			m.fields = fields{dict: d.off}
		}
		*p = items[i+1]
	}
}

// isMade reports whether v is what calling a global with that act returned.
func (m *machine) isMade(v value, a act) bool {
	if !v.isNode() {
		return false
	}
	n := m.node(v)
	if n.kind != nodeCall || n.base < nodeBase {
		return false
	}
	made := &m.nodes[n.base-nodeBase]
	return made.kind == nodeGlobal && made.rule.act == a
}

// The variants of a dtype of which only the name is in its node.
const (
	plainVariant  = 1 << iota // holds no objects
	objectVariant             // does
	oddVariant                // has another size than its name says
)

// newDtype returns what numpy.dtype(first, ...) makes.
func (m *machine) newDtype(fn, first value) value {
	if name, ok := m.textOf(first); ok {
		return m.derive(node{kind: nodeCall, base: fn.code, name: name})
	}
	return m.called(fn)
}

// stateOf returns dtype v with the state that BUILD gives it. The memo has the
// dtype as it was before, so that its node keeps what it may have become.
func (m *machine) stateOf(v, state value) value {
	elems, ok := m.ring.elems(state)
	variant := uint8(oddVariant)
	n := m.node(v)
	if size, _, known := itemSize(n.name); ok && known && len(elems) >= 8 && elems[7].code == integer {
		variant = plainVariant << (elems[7].off & 1)
		flexible := strings.ContainsAny(n.name[:1], "SUVa")
		if s := elems[5]; flexible && (s.code != integer || s.off >= 0 && s.off != size) {
			variant = oddVariant
		}
	}
	n.variants |= variant
	return m.derive(node{kind: nodeCall, base: n.base, name: n.name, module: strconv.Itoa(int(variant)), variants: variant})
}

// itemSize returns the size that a dtype of that name has, and whether it
// holds objects.
func itemSize(name string) (size int64, objects, ok bool) {
	if name == "" {
		return 0, false, false
	}
	n, err := strconv.ParseUint(name[1:], 10, 31)
	if err != nil {
		return 0, false, false
	}
	switch name[0] {
	case 'U':
		return 4 * int64(n), false, true // 31 bits
	case 'b', 'i', 'u', 'f', 'c', 'S', 'a', 'V', 'M', 'm':
		return int64(n), false, true
	case 'O':
		return int64(n), true, true
	}
	return 0, false, false
}

// opArray follows the BUILD that completes a wrapper: it replaces the wrapper
// by the array behind it.
func (m *machine) opArray(v *value, state value) error {
	if state.code != dict || state.off <= 0 || state.off != m.fields.dict {
		return errors.New("an array follows whose size cannot be determined")
	}
	if m.frameEnd > m.src.offset() {
		m.differ("an array begins inside a frame, so unpicklers read it at different places")
		return errors.New("an array begins inside a frame")
	}
	size, objects, err := m.arraySize()
	if err != nil {
		return err
	}
	if m.polyglot != nil {
		m.polyglot(m)
	}
	*v = m.derive(node{kind: nodeCall, base: v.code, name: "array"})
	if objects {
		m.enter()
		return nil
	}
	if err := m.alignment(); err != nil {
		return err
	}
	if rest := m.src.size - m.src.offset(); size > rest {
		return fmt.Errorf("an array of %d bytes follows and the file has %d more", size, rest)
	}
	m.arrays = append(m.arrays, stretch{off: m.src.offset(), n: size})
	m.inline += size
	return m.src.skip(size)
}

// arraySize returns how many bytes the array has that m.fields describes.
func (m *machine) arraySize() (size int64, objects bool, err error) {
	d := m.fields.dtype
	if !m.isMade(d, actDtype) {
		return 0, false, errors.New("an array follows whose type cannot be determined")
	}
	n := m.node(d)
	item, objects, ok := itemSize(n.name)
	switch {
	case !ok || n.variants&oddVariant != 0 || n.variants == plainVariant|objectVariant:
		return 0, false, fmt.Errorf("an array follows whose type %q cannot be determined", n.name)
	case objects || n.variants == objectVariant:
		return 0, true, nil
	}
	dims, ok := m.ring.elems(m.fields.shape)
	if !ok || len(dims) < int(m.fields.shape.n) {
		return 0, false, errors.New("an array follows whose shape cannot be determined")
	}
	total := uint64(item) // 33 bits
	for _, d := range dims {
		n, ok := m.number(d)
		if !ok || n < 0 {
			return 0, false, errors.New("an array follows whose shape cannot be determined")
		}
		var over uint64
		if over, total = bits.Mul64(total, uint64(n)); over > 0 || total > 1<<62 { // n is not negative
			m.flaw(high, "the size of an array overflows, so unpicklers read another number of bytes")
			return 0, false, errors.New("the size of an array overflows")
		}
	}
	return int64(total), false, nil // at most 1<<62
}

// number returns the value of an integer, if it is known.
func (m *machine) number(v value) (int64, bool) {
	switch {
	case v.code == integer:
		return v.off, true
	case v.code != long || v.n > 8:
		return 0, false
	}
	b, err := m.src.at(v.off, int(v.n))
	if err != nil {
		return 0, false
	}
	var full [8]byte
	if n := copy(full[:], b); n > 0 && b[n-1]&0x80 != 0 {
		copy(full[n:], bytes.Repeat([]byte{0xff}, 8-n))
	}
	return int64(binary.LittleEndian.Uint64(full[:])), true // two's complement is meant
}

// alignment passes over the filler before an array: its length in one byte,
// and then that many. Old versions of joblib write none and say so by not
// saying anything.
func (m *machine) alignment() error {
	switch a := m.fields.align; {
	case a.code == unset || a.code == none:
		return nil
	case a.code != integer:
		return errors.New("an array follows whose place cannot be determined")
	}
	b, err := m.src.take(1)
	if err != nil {
		return err
	}
	n := int(b[0])
	if n > maxAlignment {
		m.flaw(medium, "%d bytes of filler stand before an array, which no version of joblib writes", n)
	}
	if b, err = m.src.take(n); err != nil {
		return err
	}
	if len(bytes.Trim(b, "\xff")) > 0 {
		m.flaw(medium, "the filler before an array holds data")
	}
	m.filler += int64(n) + 1
	return nil
}

// maxAlignment is what joblib aligns arrays to.
const maxAlignment = 16

// An outer is a pickle in which another one stands.
type outer struct {
	stack  []value
	marks  []int
	fence  int
	memo   memo
	protos int
}

// enter begins an array of objects, which is a pickle of its own in the middle
// of another. It ends with its STOP.
func (m *machine) enter() {
	m.outer = &outer{m.stack, m.marks, m.fence, m.memo, m.protos}
	m.stack, m.marks, m.fence, m.memo, m.protos = nil, nil, 0, memo{}, 0
	m.start()
}

// leave goes on with the pickle around.
func (m *machine) leave() {
	o := m.outer
	m.outer, m.frameEnd = nil, 0
	m.stack, m.marks, m.fence, m.memo, m.protos = o.stack, o.marks, o.fence, o.memo, o.protos
}
