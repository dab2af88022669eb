package hdf5

import (
	"bytes"
	"math/bits"
)

// Classes of datatypes.
const (
	classString   = 3
	classCompound = 6
	classVariable = 9
	classArray    = 10
)

// A datatype is what is needed of the type of an attribute or dataset.
type datatype struct {
	class int
	size  int64
	text  bool // elements are text
}

// readType reads the beginning of a datatype.
func readType(c *cursor) (datatype, error) {
	b := c.u8()
	t := datatype{class: b & 15}
	if v := b >> 4; c.err == nil && (v < 1 || v > 5) {
		return t, at(c.off, "version %d of a datatype is not known", v)
	}
	flags := c.uint(3)
	t.size = c.u32()
	t.text = t.class == classString || t.class == classVariable && flags&15 == 1
	return t, c.err
}

// readSpace returns the number of elements of a dataspace.
func readSpace(c *cursor) (int64, error) {
	version := c.version("dataspace", 1, 2)
	rank := c.u8()
	c.skip(1)
	kind := c.u8()
	if version == 1 {
		kind = 1
		c.skip(4)
	}
	if c.err == nil && (rank > 32 || kind > 2) {
		return 0, at(c.off, "a dataspace of %d dimensions and kind %d", rank, kind)
	}
	if kind == 2 { // no elements
		return 0, c.err
	}
	n := int64(1)
	for range rank {
		var ok bool
		if n, ok = mul(n, c.length()); !ok {
			return 0, at(c.off, "the product of the dimensions overflows")
		}
	}
	return n, c.err
}

// mul multiplies what is not negative.
func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b)) // not negative
	return int64(lo), hi == 0 && lo < 1<<63    // checked
}

// attribute reads an attribute message.
func (f *file) attribute(o *object, c *cursor) error {
	version := c.version("attribute", 1, 2, 3)
	flags := c.u8()
	nameSize, typeSize, spaceSize := c.u16(), c.u16(), c.u16()
	if version == 3 {
		c.skip(1)
	}
	pad := func(n int) int {
		if version == 1 {
			return (n + 7) &^ 7
		}
		return n
	}
	name, _, _ := bytes.Cut(c.bytes(pad(nameSize)), []byte{0})
	kind, space := c.sub(pad(typeSize)), c.sub(pad(spaceSize))
	if c.err != nil {
		return c.err
	}
	if version == 1 {
		flags = 0
	}
	kind, err := f.shared(msgDatatype, flags&1 != 0, kind)
	if err != nil {
		return err
	}
	if space, err = f.shared(msgDataspace, flags&2 != 0, space); err != nil {
		return err
	}
	t, err := readType(kind)
	if err != nil {
		return err
	}
	n, err := readSpace(space)
	if err != nil {
		return err
	}
	if n, ok := mul(n, t.size); !ok || n > int64(c.left()) || t.size == 0 {
		return at(c.off, "attribute %q of %d elements of %d bytes does not fit its message", clip(name), n, t.size)
	}
	a := Attribute{Path: o.path, Name: clip(name), Off: c.pos()}
	for i := range n {
		b, off, err := f.element(t, c)
		if err != nil {
			return err
		}
		if !t.text {
			continue
		}
		if i == 0 {
			a.Off = off
		}
		if f.text -= int64(len(b)) + 32; f.text < 0 {
			return at(c.off, "more than %d bytes of attributes", maxText)
		}
		a.Text = append(a.Text, bytes.Clone(bytes.TrimRight(b, "\x00")))
	}
	if t.class == classCompound || t.class == classArray {
		// Its parts are no text that a loader of models reads. Text elsewhere
		// that they refer to remains unexplained, and is reported.
		return nil
	}
	if a.Text != nil {
		f.out.Attributes = append(f.out.Attributes, a)
	}
	return nil
}

// element reads one element of a type, following it into the global heap.
func (f *file) element(t datatype, c *cursor) ([]byte, int64, error) {
	off := c.pos()
	b := c.sub(int(t.size))
	if t.class != classVariable || b.err != nil {
		return b.b, off, b.err
	}
	n, addr, index := b.u32(), b.addr(), b.uint(4)
	if b.err != nil || addr == undefined || addr == 0 {
		return nil, off, b.err
	}
	p, err := f.heapPiece(addr, index)
	if err != nil {
		return nil, off, err
	}
	if !t.text {
		return nil, off, nil
	}
	if n > p.n {
		return nil, off, at(off, "a text of %d bytes in a piece of %d", n, p.n)
	}
	text, err := f.block(p.addr, n)
	if err != nil {
		return nil, off, err
	}
	return text.b, text.off, nil
}

// A heapPiece is one object of a global heap.
type heapPiece struct{ addr, n int64 }

// heapPiece returns an object of the global heap collection at an address.
func (f *file) heapPiece(addr int64, index uint64) (heapPiece, error) {
	pieces, ok := f.heaps[addr]
	if !ok {
		var err error
		if pieces, err = f.collection(addr); err != nil {
			return heapPiece{}, err
		}
		f.heaps[addr] = pieces
	}
	p, ok := pieces[index]
	if !ok {
		return p, at(f.base+addr, "a global heap collection has no object %d", index)
	}
	return p, nil
}

// collection reads where the objects of a global heap collection are.
func (f *file) collection(addr int64) (map[uint64]heapPiece, error) {
	head := int64(8 + f.lenSize)
	c, err := f.signed(addr, head, "GCOL")
	if err != nil {
		return nil, err
	}
	c.version("global heap", 1)
	c.skip(3)
	size := c.length()
	if c.err != nil {
		return nil, c.err
	}
	if _, err := f.inside(addr, size); err != nil {
		return nil, err
	}
	f.mark(addr, size, parsed)
	out := make(map[uint64]heapPiece)
	for off := head; size-off >= head; {
		c, err := f.block(addr+off, head)
		if err != nil {
			return nil, err
		}
		index := c.uint(2)
		c.skip(6)
		n := c.length()
		if index == 0 { // free from here on
			break
		}
		off += head
		if c.err != nil || n > size-off {
			return nil, at(c.off, "an object of the global heap reaches out of its collection")
		}
		if _, twice := out[index]; twice {
			return nil, at(c.off, "a global heap collection has two objects %d", index)
		}
		out[index] = heapPiece{addr + off, n}
		off += (n + 7) &^ 7
	}
	return out, nil
}
