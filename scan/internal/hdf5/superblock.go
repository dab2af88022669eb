package hdf5

// superblock finds and reads the superblock. It remembers the root group and
// returns the offset where the file says it ends.
func (f *file) superblock() (end int64, err error) {
	start, err := f.find()
	if err != nil {
		return 0, err
	}
	f.base = start
	c, err := f.signed(0, min(128, f.size-start), Magic)
	if err != nil {
		return 0, err
	}
	version := c.version("superblock", 0, 1, 2, 3)
	if c.err != nil {
		return 0, c.err
	}
	if version < 2 {
		return f.oldSuperblock(c, version)
	}
	if err := f.widths(c); err != nil {
		return 0, err
	}
	c.skip(1)
	base, extension, eof, root := c.addr(), c.addr(), c.addr(), c.addr()
	c.skip(4)
	if c.err != nil {
		return 0, c.err
	}
	f.mark(0, int64(c.i), parsed)
	if extension != undefined {
		f.push(extension, "(superblock)", 0)
	}
	return f.place(base, eof, root)
}

// oldSuperblock reads what follows version 0 or 1 of the superblock.
func (f *file) oldSuperblock(c *cursor, version int) (end int64, err error) {
	c.version("free space", 0)
	c.version("root group", 0)
	c.skip(1)
	c.version("shared header message", 0)
	if err := f.widths(c); err != nil {
		return 0, err
	}
	c.skip(1)
	f.leafK, f.groupK = int64(c.u16()), int64(c.u16())
	c.skip(4)
	if version == 1 {
		f.chunkK = int64(c.u16())
		c.skip(2)
	}
	base, free, eof, driver := c.addr(), c.addr(), c.addr(), c.addr()
	c.skip(f.offSize) // name of the root
	root := c.addr()
	c.skip(8 + 16) // what is cached about the root
	if c.err != nil {
		return 0, c.err
	}
	if free != undefined {
		f.issue(Unknown, c.off, "a list of free space, which is not read")
	}
	if driver != undefined {
		f.issue(Unknown, c.off, "a driver information block, which is not read")
	}
	f.mark(0, int64(c.i), parsed)
	return f.place(base, eof, root)
}

// find returns the offset of the superblock.
func (f *file) find() (int64, error) {
	b := make([]byte, len(Magic))
	for off := int64(0); off <= f.size-int64(len(b)); off = max(512, 2*off) {
		if n, err := f.r.ReadAt(b, off); n < len(b) {
			return 0, at(off, "read: %w", err)
		}
		if string(b) == Magic {
			return off, nil
		}
	}
	return 0, at(0, "no superblock")
}

// widths reads the sizes of addresses and lengths.
func (f *file) widths(c *cursor) error {
	f.offSize, f.lenSize = c.u8(), c.u8()
	for _, n := range []int{f.offSize, f.lenSize} {
		if c.err == nil && n != 2 && n != 4 && n != 8 {
			return at(c.pos(), "addresses or lengths of %d bytes", n)
		}
	}
	return c.err
}

// place checks where the file says it begins and ends.
func (f *file) place(base, eof, root int64) (end int64, err error) {
	if base != f.base {
		return 0, at(f.base, "the superblock is at 0x%x and says that it is at 0x%x", f.base, base)
	}
	// Of the end alone, the address is not relative to the base.
	if eof > f.size || eof < f.base {
		return 0, at(f.base, "the file ends at 0x%x and says that it ends at 0x%x", f.size, eof)
	}
	if root == undefined {
		return 0, at(f.base, "no root group")
	}
	f.push(root, "", 0)
	return eof, nil
}
