package hdf5

import (
	"bytes"
	"fmt"
)

// A dataset is what the header of a dataset says.
type dataset struct {
	layout, space, kind *cursor
	external            bool
}

// Classes of layouts.
const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
	layoutVirtual    = 3
)

// maxFilter is the last of the filters that the library itself has: deflate,
// shuffle, fletcher32, szip, nbit and scaleoffset.
const maxFilter = 6

// filters looks for filters that are code outside the library.
func (f *file) filters(o *object, c *cursor) error {
	version := c.version("filter pipeline", 1, 2)
	n := c.u8()
	if version == 1 {
		c.skip(6)
	}
	for range n {
		id := c.u16()
		nameSize := 0
		if version == 1 || id >= 256 {
			nameSize = c.u16()
		}
		c.skip(2)
		values := c.u16()
		name := bytes.TrimRight(c.bytes(nameSize), "\x00")
		c.skip(4 * values)
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if c.err != nil {
			return c.err
		}
		if id < 1 || id > maxFilter {
			f.issue(Plugin, c.off, "the data of %q need the filter plug-in %d %q", o.path, id, clip(name))
		}
	}
	return nil
}

// external reads which files the data of a dataset are in.
func (f *file) external(o *object, c *cursor) error {
	c.version("list of external files", 1)
	c.skip(3 + 2)
	used := c.u16()
	heap, err := f.localHeap(c.addr())
	if err != nil {
		return err
	}
	for range used {
		name, err := text(heap, c.length())
		if err != nil {
			return err
		}
		c.skip(2 * f.lenSize)
		f.issue(Outside, c.off, "the data of %q are in the file %q", o.path, name)
	}
	return c.err
}

// dataset accounts for the data of a dataset.
func (f *file) dataset(o *object, d *dataset) error {
	f.out.Datasets++
	c := d.layout
	if d.space == nil || d.kind == nil {
		return at(c.off, "dataset %q has no type or no dimensions", o.path)
	}
	n, err := readSpace(d.space)
	if err != nil {
		return err
	}
	t, err := readType(d.kind)
	if err != nil {
		return err
	}
	size, ok := mul(n, t.size)
	if !ok {
		f.issue(Odd, c.off, "the size of dataset %q overflows", o.path)
		return nil
	}
	f.out.Elements = min(f.out.Elements+n, 1<<62)
	stored, err := f.layout(o, d, t, size)
	if err != nil {
		return err
	}
	if !stored && size > max(1<<20, 4*f.size) && !d.external {
		f.issue(Odd, c.off, "dataset %q claims %d bytes, of which the file has none", o.path, size)
	}
	return nil
}

// layout accounts for the data of a dataset of size bytes and reports whether
// there are any.
func (f *file) layout(o *object, d *dataset, t datatype, size int64) (bool, error) {
	c := d.layout
	version := c.version("layout", 1, 2, 3, 4, 5)
	if version < 3 {
		return f.oldLayout(o, d, t, size)
	}
	switch class := c.u8(); class {
	case layoutCompact:
		got := c.u16()
		c.skip(got)
		if c.err == nil && int64(got) != size {
			f.issue(Odd, c.off, "dataset %q holds %d bytes and has %d", o.path, size, got)
		}
		return true, c.err
	case layoutContiguous:
		return f.contiguous(o, d, t, c.addr(), c.length(), size)
	case layoutChunked:
		if version > 3 {
			return f.newChunks(c, size)
		}
		dims := c.u8()
		return f.chunks(o, c, c.addr(), dims)
	case layoutVirtual:
		f.issue(Outside, c.off, "the data of %q are put together from other files", o.path)
		return false, nil
	default:
		return false, at(c.off, "a layout of class %d", class)
	}
}

// oldLayout reads a layout of version 1 or 2.
func (f *file) oldLayout(o *object, d *dataset, t datatype, size int64) (bool, error) {
	c := d.layout
	dims, class := c.u8(), c.u8()
	c.skip(5)
	switch class {
	case layoutContiguous:
		return f.contiguous(o, d, t, c.addr(), size, size)
	case layoutChunked:
		return f.chunks(o, c, c.addr(), dims)
	case layoutCompact:
		c.skip(4 * dims)
		c.skip(int(c.u32()))
		return true, c.err
	}
	return false, at(c.off, "a layout of class %d", class)
}

// contiguous accounts for data in one stretch of n bytes.
func (f *file) contiguous(o *object, d *dataset, t datatype, addr, n, size int64) (bool, error) {
	c := d.layout
	if c.err != nil || addr == undefined || d.external {
		return false, c.err
	}
	if n != size {
		f.issue(Odd, c.off, "dataset %q holds %d bytes and has %d", o.path, size, n)
	}
	if _, err := f.inside(addr, n); err != nil {
		return false, err
	}
	f.mark(addr, n, data)
	if t.class != classVariable || t.size <= 0 {
		return true, nil
	}
	// The elements are elsewhere.
	for i := int64(0); i+t.size <= n; i += t.size {
		c, err := f.block(addr+i, t.size)
		if err != nil {
			return false, err
		}
		if _, _, err := f.element(t, c); err != nil {
			return false, err
		}
	}
	return true, nil
}

// chunks accounts for data in chunks that a tree of version 1 lists.
func (f *file) chunks(o *object, c *cursor, tree int64, dims int) (bool, error) {
	if c.err != nil || tree == undefined {
		return false, c.err
	}
	if dims < 1 || dims > 33 {
		return false, at(c.off, "chunks of %d dimensions", dims)
	}
	stored := false
	err := f.tree(tree, -1, 1, 8+8*dims, f.chunkK, func(key *cursor, child int64) error {
		n := key.u32()
		if _, err := f.inside(child, n); err != nil {
			return fmt.Errorf("chunk of %q: %w", o.path, err)
		}
		stored = true
		f.mark(child, n, data)
		return key.err
	})
	return stored, err
}

// Kinds of indexes of chunks.
const (
	indexSingle   = 1
	indexImplicit = 2
)

// newChunks accounts for data in chunks as layouts of version 4 list them.
func (f *file) newChunks(c *cursor, size int64) (bool, error) {
	flags, dims, width := c.u8(), c.u8(), c.u8()
	if c.err == nil && (width < 1 || width > 8 || dims < 1 || dims > 33) {
		return false, at(c.off, "chunks of %d dimensions", dims)
	}
	chunk := int64(1)
	for range dims {
		var ok bool
		if chunk, ok = mul(chunk, c.size(width)); !ok {
			return false, at(c.off, "the size of a chunk overflows")
		}
	}
	n := chunk
	switch index := c.u8(); index {
	case indexSingle:
		if flags&2 != 0 {
			n = c.length()
			c.skip(4)
		}
	case indexImplicit:
		if chunk == 0 || size%chunk != 0 {
			return false, at(c.off, "chunks that do not fill their dataset, which are not read")
		}
		n = size
	default:
		return false, at(c.off, "an index of chunks of kind %d, which is not read", index)
	}
	addr := c.addr()
	if c.err != nil || addr == undefined {
		return false, c.err
	}
	if _, err := f.inside(addr, n); err != nil {
		return false, err
	}
	f.mark(addr, n, data)
	return true, nil
}
