package hdf5

// Types of header messages.
const (
	msgNil          = 0x00
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgOldFill      = 0x04
	msgFill         = 0x05
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgGroupInfo    = 0x0a
	msgFilter       = 0x0b
	msgAttribute    = 0x0c
	msgComment      = 0x0d
	msgOldTime      = 0x0e
	msgContinuation = 0x10
	msgSymbols      = 0x11
	msgTime         = 0x12
	msgTreeK        = 0x13
	msgAttrInfo     = 0x15
	msgRefCount     = 0x16
	msgFileSpace    = 0x17
)

// flagShared says that a message is kept elsewhere.
const flagShared = 2

// A message is one message of an object header.
type message struct {
	kind  int
	flags int
	body  *cursor
}

// maxChunks is the number of pieces of one object header.
const maxChunks = 1 << 12

// A piece is a stretch of an object header.
type piece struct{ addr, n int64 }

// header reads all messages of the object header at an address.
func (f *file) header(addr int64) ([]message, error) {
	c, err := f.block(addr, min(64, f.size-f.base-addr))
	if err != nil {
		return nil, err
	}
	if c.left() >= 4 && string(c.b[:4]) == "OHDR" {
		return f.newHeader(addr, c)
	}
	c.version("object header", 1)
	c.skip(1 + 2 + 4) // counts of messages and references
	n := c.u32()
	if c.err != nil {
		return nil, c.err
	}
	f.mark(addr, 16, parsed)
	var out []message
	todo := []piece{{addr + 16, n}}
	for i := 0; i < len(todo); i++ {
		f.mark(todo[i].addr, todo[i].n, parsed)
		c, err := f.block(todo[i].addr, todo[i].n)
		if err != nil {
			return nil, err
		}
		for c.left() >= 8 {
			m := message{kind: c.u16()}
			size := c.u16()
			m.flags = c.u8()
			c.skip(3)
			m.body = c.sub(size)
			if c.err != nil {
				return nil, c.err
			}
			if out, todo, err = m.keep(out, todo); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// newHeader reads an object header of version 2, which begins in c.
func (f *file) newHeader(addr int64, c *cursor) ([]message, error) {
	c.skip(4)
	c.version("object header", 2)
	flags := c.u8()
	if flags&0x20 != 0 {
		c.skip(16) // times
	}
	if flags&0x10 != 0 {
		c.skip(4) // limits of attributes
	}
	n := c.size(1 << (flags & 3))
	if c.err != nil {
		return nil, c.err
	}
	const sum = 4
	prefix := int64(c.i)
	f.mark(addr, prefix, parsed)
	var out []message
	todo := []piece{{addr + prefix, n + sum}}
	if n > f.size {
		return nil, at(c.off, "an object header of %d bytes", n)
	}
	for i := 0; i < len(todo); i++ {
		f.mark(todo[i].addr, todo[i].n, parsed)
		c, err := f.block(todo[i].addr, todo[i].n)
		if err != nil {
			return nil, err
		}
		if i > 0 && string(c.bytes(4)) != "OCHK" {
			return nil, at(c.off, "the continuation of an object header lacks its signature")
		}
		frame := 4 // type, size and flags
		if flags&4 != 0 {
			frame += 2 // order of creation
		}
		for c.left() >= frame+sum {
			m := message{kind: c.u8()}
			size := c.u16()
			m.flags = c.u8()
			c.skip(frame - 4)
			m.body = c.sub(size)
			if c.err != nil {
				return nil, c.err
			}
			if out, todo, err = m.keep(out, todo); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// keep appends a message to out, or what it continues with to todo.
func (m *message) keep(out []message, todo []piece) ([]message, []piece, error) {
	switch m.kind {
	case msgNil:
		return out, todo, nil
	case msgContinuation:
		p := piece{m.body.addr(), m.body.length()}
		if len(todo) > maxChunks {
			return nil, nil, at(m.body.off, "an object header of more than %d pieces", maxChunks)
		}
		return out, append(todo, p), m.body.err
	}
	return append(out, *m), todo, nil
}

// shared returns the body of a message that may be kept in the header of
// another object.
func (f *file) shared(kind int, isShared bool, c *cursor) (*cursor, error) {
	if !isShared || c.err != nil {
		return c, c.err
	}
	version := c.version("shared message", 1, 2, 3)
	how := c.u8()
	if version == 1 {
		c.skip(6)
	}
	if version == 3 && how != 2 {
		return nil, at(c.off, "a message in a heap of shared messages, which is not read")
	}
	addr := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	f.push(addr, "(shared)", 0)
	marks := len(f.spans)
	messages, err := f.header(addr)
	f.spans = f.spans[:marks] // the object is accounted for on its own
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if m.kind == kind && m.flags&flagShared == 0 {
			return m.body, nil
		}
	}
	return nil, at(c.off, "a shared message is not where it should be")
}

// object reads one object: a group, a dataset or a named type.
func (f *file) object(o object) error {
	messages, err := f.header(o.addr)
	if err != nil {
		return err
	}
	var d dataset
	for _, m := range messages {
		if err := f.message(&o, &m, &d); err != nil {
			f.fail(m.body.off, err)
		}
	}
	if d.layout != nil {
		return f.dataset(&o, &d)
	}
	return nil
}

// message acts on one message of an object.
func (f *file) message(o *object, m *message, d *dataset) error {
	c := m.body
	switch m.kind {
	case msgAttribute:
		if m.flags&flagShared != 0 {
			return at(c.off, "an attribute in a heap of shared messages, which is not read")
		}
		return f.attribute(o, c)
	case msgAttrInfo:
		return f.denseAttributes(o, c)
	case msgLink:
		return f.link(o, c)
	case msgLinkInfo:
		return f.denseLinks(o, c)
	case msgSymbols:
		return f.symbols(o, c)
	case msgLayout:
		d.layout = c
	case msgDataspace:
		d.space = c
	case msgDatatype:
		body, err := f.shared(msgDatatype, m.flags&flagShared != 0, c)
		d.kind = body
		return err
	case msgExternal:
		d.external = true
		return f.external(o, c)
	case msgFilter:
		return f.filters(o, c)
	case msgFileSpace:
		c.version("file space", 0, 1)
		if c.skip(1); c.u8() != 0 {
			return at(c.off, "free space that is kept in the file, which is not read")
		}
	case msgTreeK:
		c.version("tree", 0)
		f.chunkK, f.groupK, f.leafK = int64(c.u16()), int64(c.u16()), int64(c.u16())
	case msgOldFill, msgFill, msgGroupInfo, msgComment, msgOldTime, msgTime, msgRefCount:
	default:
		return at(c.off, "a header message of type 0x%02x, which is not known", m.kind)
	}
	return c.err
}
