package hdf5

import (
	"bytes"
	"strings"
)

// Types of links.
const (
	linkHard     = 0
	linkSoft     = 1
	linkExternal = 64
)

// symbols reads a group in the old format: a tree of nodes of names.
func (f *file) symbols(o *object, c *cursor) error {
	tree, heap := c.addr(), c.addr()
	if c.err != nil {
		return c.err
	}
	names, err := f.localHeap(heap)
	if err != nil {
		return err
	}
	return f.tree(tree, -1, 0, f.lenSize, f.groupK, func(_ *cursor, child int64) error {
		return f.symbolNode(o, child, names)
	})
}

// localHeap returns the names of a group.
func (f *file) localHeap(addr int64) (*cursor, error) {
	n := int64(8 + 2*f.lenSize + f.offSize)
	c, err := f.signed(addr, n, "HEAP")
	if err != nil {
		return nil, err
	}
	c.version("local heap", 0)
	c.skip(3)
	size := c.length()
	c.skip(f.lenSize) // where free space is
	data := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	f.mark(addr, n, parsed)
	f.mark(data, size, parsed)
	return f.block(data, size)
}

// text returns the string at an offset of a local heap.
func text(heap *cursor, off int64) (string, error) {
	if off < 0 || off >= int64(len(heap.b)) {
		return "", at(heap.off, "a name at %d of a heap of %d bytes", off, len(heap.b))
	}
	b, _, ok := bytes.Cut(heap.b[off:], []byte{0})
	if !ok {
		return "", at(heap.off, "a name does not end")
	}
	return clip(b), nil
}

// clip returns b as a string of bounded size.
func clip(b []byte) string {
	if len(b) > maxName {
		b = b[:maxName]
	}
	return strings.ToValidUTF8(string(b), "?")
}

// tree walks a B-tree of version 1 and calls leaf with each key and child. The
// level of its root is not known, which is what a negative level stands for.
func (f *file) tree(addr int64, level, kind, keySize int, k int64, leaf func(key *cursor, child int64) error) error {
	n := int64(8+2*f.offSize) + (2*k+1)*int64(keySize) + 2*k*int64(f.offSize)
	if off := f.base + addr; addr >= 0 && off <= f.size {
		n = min(n, f.size-off)
	}
	c, err := f.signed(addr, n, "TREE")
	if err != nil {
		return err
	}
	gotKind, gotLevel, used := c.u8(), c.u8(), c.u16()
	c.skip(2 * f.offSize) // siblings
	if c.err == nil && (gotKind != kind || level >= 0 && gotLevel != level || int64(used) > 2*k) {
		return at(c.off, "a node of kind %d, level %d, with %d children", gotKind, gotLevel, used)
	}
	f.mark(addr, n, parsed)
	for range used {
		key := c.sub(keySize)
		child := c.addr()
		if c.err != nil {
			return c.err
		}
		if gotLevel > 0 {
			err = f.tree(child, gotLevel-1, kind, keySize, k, leaf)
		} else {
			err = leaf(key, child)
		}
		if err != nil {
			return err
		}
	}
	return c.err
}

// symbolNode reads a node of names and the objects that they name.
func (f *file) symbolNode(o *object, addr int64, names *cursor) error {
	entry := 2*f.offSize + 8 + 16
	n := 8 + 2*f.leafK*int64(entry)
	if off := f.base + addr; addr >= 0 && off <= f.size {
		n = min(n, f.size-off)
	}
	c, err := f.signed(addr, n, "SNOD")
	if err != nil {
		return err
	}
	c.version("node of symbols", 1)
	c.skip(1)
	used := c.u16()
	f.mark(addr, n, parsed)
	for range used {
		e := c.sub(entry)
		if c.err != nil {
			return c.err
		}
		name, err := text(names, e.size(f.offSize))
		if err != nil {
			return err
		}
		header, cached := e.addr(), e.u32()
		if cached == 2 { // a link to a path in the same file
			continue
		}
		if e.err != nil || header == undefined {
			return at(e.off, "the entry %q leads nowhere", name)
		}
		f.push(header, o.path+"/"+name, o.depth+1)
	}
	return c.err
}

// link reads a link message.
func (f *file) link(o *object, c *cursor) error {
	c.version("link", 1)
	flags := c.u8()
	kind := linkHard
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.skip(8) // order of creation
	}
	if flags&16 != 0 {
		c.skip(1) // character set
	}
	n := c.size(1 << (flags & 3))
	if n > int64(c.left()) {
		return at(c.off, "a link with a name of %d bytes", n)
	}
	path := o.path + "/" + clip(c.bytes(int(n)))
	switch kind {
	case linkHard:
		addr := c.addr()
		if c.err == nil && addr != undefined {
			f.push(addr, path, o.depth+1)
		}
	case linkSoft:
		c.skip(c.u16())
	case linkExternal:
		to := c.sub(c.u16())
		to.skip(1)
		f.issue(Outside, c.off, "link %q leads into the file %q", path, clip(bytes.Join(bytes.FieldsFunc(to.bytes(to.left()), isZero), []byte(":"))))
	default:
		return at(c.off, "link %q of the user-defined type %d", path, kind)
	}
	return c.err
}

func isZero(r rune) bool { return r == 0 }
