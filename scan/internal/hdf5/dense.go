package hdf5

import "math/bits"

// A heapBlock is a block of a fractal heap that holds objects.
type heapBlock struct{ begin, size, addr int64 }

// A fractalHeap is where the links or attributes of a large group are.
type fractalHeap struct {
	f          *file
	width      int
	start, max int64 // size of the first and the largest block
	offBytes   int   // of an offset in the heap
	lenBytes   int   // of a length in the heap
	sums       bool  // blocks have checksums
	blocks     []heapBlock
}

// bytesFor returns the number of bytes that hold numbers up to n.
func bytesFor(n int64) int { return (bits.Len64(uint64(max(n, 1))) + 7) / 8 } // positive

// denseLinks reads the links of a group in the new format.
func (f *file) denseLinks(o *object, c *cursor) error {
	c.version("link information", 0)
	return f.dense(c, 8, 6, 5, func(h *fractalHeap, record *cursor) error {
		record.skip(4) // hash of the name
		c, err := h.object(record)
		if err != nil {
			return err
		}
		return f.link(o, c)
	})
}

// denseAttributes reads the attributes that do not fit into the header of
// their object.
func (f *file) denseAttributes(o *object, c *cursor) error {
	c.version("attribute information", 0)
	return f.dense(c, 2, 9, 8, func(h *fractalHeap, record *cursor) error {
		id := record.sub(8)
		if record.u8()&flagShared != 0 {
			return at(record.off, "an attribute in a heap of shared messages, which is not read")
		}
		c, err := h.object(id)
		if err != nil {
			return err
		}
		return f.attribute(o, c)
	})
}

// dense reads what a heap holds: c is behind the version of the message that
// says where the heap is and the trees that sort it, by order of creation and
// by name. The counter of the order has so many bytes, the trees are of those
// kinds, and visit is called with each record of the second.
func (f *file) dense(c *cursor, counter, byOrder, byName int, visit func(*fractalHeap, *cursor) error) error {
	flags := c.u8()
	if flags&1 != 0 {
		c.skip(counter)
	}
	heap, names, order := c.addr(), c.addr(), undefined
	if flags&2 != 0 {
		order = c.addr()
	}
	if c.err != nil || heap == undefined {
		return c.err
	}
	h, err := f.fractalHeap(heap)
	if err != nil {
		return err
	}
	if err := f.tree2(order, byOrder, func(*cursor) error { return nil }); err != nil {
		return err
	}
	return f.tree2(names, byName, func(record *cursor) error { return visit(h, record) })
}

// fractalHeap reads the blocks of a fractal heap.
func (f *file) fractalHeap(addr int64) (*fractalHeap, error) {
	n := int64(26 + 12*f.lenSize + 3*f.offSize)
	c, err := f.signed(addr, n, "FRHP")
	if err != nil {
		return nil, err
	}
	c.version("fractal heap", 0)
	c.skip(2)
	filters := c.u16()
	flags := c.u8()
	largest := c.u32()
	c.skip(f.lenSize) // next huge object
	huge := c.addr()
	c.skip(f.lenSize) // free space
	free := c.addr()
	c.skip(8 * f.lenSize) // counts and sizes
	h := &fractalHeap{f: f, sums: flags&2 != 0}
	h.width, h.start, h.max = c.u16(), c.length(), c.length()
	bit := c.u16()
	c.skip(2)
	root, rows := c.addr(), c.u16()
	if c.err != nil {
		return nil, c.err
	}
	pow2 := h.start > 0 && h.start&(h.start-1) == 0 && h.max >= h.start && h.max&(h.max-1) == 0
	if !pow2 || h.max > 1<<32 || h.width == 0 || h.width > 1<<10 || bit == 0 || bit > 64 || rows > 64 {
		return nil, at(c.off, "a fractal heap of an impossible shape")
	}
	h.offBytes, h.lenBytes = (bit+7)/8, min(bytesFor(h.max), bytesFor(largest))
	if filters != 0 {
		return nil, at(c.off, "a fractal heap with filters, which is not read")
	}
	f.mark(addr, n, parsed)
	if huge != undefined {
		return nil, at(c.off, "a fractal heap with huge objects, which are not read")
	}
	if err := f.freeSpace(free); err != nil || root == undefined {
		return h, err
	}
	if rows == 0 {
		return h, h.direct(root, 0, h.start)
	}
	return h, h.indirect(root, 0, rows)
}

// freeSpace accounts for what a file keeps about free space.
func (f *file) freeSpace(addr int64) error {
	if addr == undefined {
		return nil
	}
	n := int64(18 + 7*f.lenSize + f.offSize)
	c, err := f.signed(addr, n, "FSHD")
	if err != nil {
		return err
	}
	c.version("free space", 0)
	c.skip(1 + 4*f.lenSize + 8 + f.lenSize)
	sections := c.addr()
	c.skip(f.lenSize)
	size := c.length()
	if c.err != nil {
		return c.err
	}
	f.mark(addr, n, parsed)
	if sections != undefined {
		f.mark(sections, size, parsed)
	}
	return nil
}

// direct reads a block of objects.
func (h *fractalHeap) direct(addr, begin, size int64) error {
	if addr == undefined {
		return nil
	}
	c, err := h.f.signed(addr, min(size, 64), "FHDB")
	if err != nil {
		return err
	}
	c.version("block of a heap", 0)
	if c.err != nil {
		return c.err
	}
	h.f.mark(addr, size, parsed)
	h.blocks = append(h.blocks, heapBlock{begin, size, addr})
	return nil
}

// indirect reads a block of addresses of blocks.
func (h *fractalHeap) indirect(addr, begin int64, rows int) error {
	if addr == undefined {
		return nil
	}
	n := int64(9 + h.f.offSize + h.offBytes + rows*h.width*h.f.offSize)
	c, err := h.f.signed(addr, n, "FHIB")
	if err != nil {
		return err
	}
	c.version("block of a heap", 0)
	c.skip(h.f.offSize + h.offBytes)
	h.f.mark(addr, n, parsed)
	size := h.start
	for row := range rows {
		if row > 1 {
			size *= 2
		}
		if size <= 0 || size > 1<<50 {
			return at(c.off, "a heap of more rows than it can have")
		}
		for range h.width {
			child := c.addr()
			if c.err != nil {
				return c.err
			}
			if size <= h.max {
				err = h.direct(child, begin, size)
			} else {
				below := bits.Len64(uint64(size/h.start)) - bits.Len64(uint64(h.width)) + 1
				if below <= 0 || below > row {
					return at(c.off, "a heap with blocks of an impossible size")
				}
				err = h.indirect(child, begin, below)
			}
			if err != nil {
				return err
			}
			begin += size
		}
	}
	return nil
}

// object returns the object that an identifier stands for.
func (h *fractalHeap) object(id *cursor) (*cursor, error) {
	kind := id.u8()
	if kind != 0 {
		return nil, at(id.off, "an object of type 0x%02x in a heap, which is not read", kind)
	}
	off, n := id.size(h.offBytes), id.size(h.lenBytes)
	if id.err != nil {
		return nil, id.err
	}
	for _, b := range h.blocks {
		if off >= b.begin && off-b.begin < b.size {
			if n > b.size-(off-b.begin) {
				break
			}
			return h.f.block(b.addr+off-b.begin, n)
		}
	}
	return nil, at(id.off, "an object at %d of a heap, where there is none", off)
}

// A tree2 is a B-tree of version 2.
type tree2 struct {
	f        *file
	kind     int
	node     int64 // size of a node
	record   int
	children []int // by level: bytes of the number of records in a child
	totals   []int // by level: bytes of the number of records below a child
	visit    func(*cursor) error
}

// tree2 walks a B-tree of version 2 and calls visit with each record.
func (f *file) tree2(addr int64, kind int, visit func(*cursor) error) error {
	if addr == undefined {
		return nil
	}
	n := int64(22 + f.offSize + f.lenSize)
	c, err := f.signed(addr, n, "BTHD")
	if err != nil {
		return err
	}
	c.version("tree", 0)
	got := c.u8()
	t := &tree2{f: f, kind: kind, node: c.u32(), record: c.u16(), visit: visit}
	depth := c.u16()
	c.skip(2)
	root, records := c.addr(), c.u16()
	if c.err != nil {
		return c.err
	}
	if got != kind || t.node < 32 || t.node > 1<<20 || t.record < 8 || t.record > 64 || depth > 16 {
		return at(c.off, "a tree of kind %d with nodes of %d bytes and records of %d, %d deep", got, t.node, t.record, depth)
	}
	f.mark(addr, n, parsed)
	t.measure(depth)
	if root == undefined {
		return nil
	}
	return t.walk(root, depth, int64(records))
}

// measure finds out how wide the counts in the nodes of each level are.
func (t *tree2) measure(depth int) {
	const frame = 10
	most := (t.node - frame) / int64(t.record)
	below, width := most, bytesFor(most)
	t.children, t.totals = []int{0}, []int{0}
	for level := 1; level <= depth; level++ {
		total := 0
		if level > 1 {
			total = bytesFor(below)
		}
		t.children, t.totals = append(t.children, width), append(t.totals, total)
		pointer := int64(t.f.offSize + width + total)
		most = max(1, (t.node-frame-pointer)/(int64(t.record)+pointer))
		below = min((most+1)*below+most, 1<<56)
	}
}

// walk reads one node and all below it.
func (t *tree2) walk(addr int64, level int, records int64) error {
	signature := "BTLF"
	if level > 0 {
		signature = "BTIN"
	}
	c, err := t.f.signed(addr, t.node, signature)
	if err != nil {
		return err
	}
	c.version("node of a tree", 0)
	if got := c.u8(); c.err == nil && got != t.kind {
		return at(c.off, "a node of kind %d in a tree of kind %d", got, t.kind)
	}
	t.f.mark(addr, t.node, parsed)
	for range records {
		r := c.sub(t.record)
		if c.err != nil {
			return c.err
		}
		if err := t.visit(r); err != nil {
			return err
		}
	}
	if level == 0 {
		return nil
	}
	for range records + 1 {
		child, n := c.addr(), c.size(t.children[level])
		c.skip(t.totals[level])
		if c.err != nil {
			return c.err
		}
		if err := t.walk(child, level-1, n); err != nil {
			return err
		}
	}
	return nil
}
