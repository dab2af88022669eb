package pickle

// A value is what the interpreter knows about one object: a kind of constant
// or container, a string or tuple that can be looked up, or a node.
type value struct {
	code code
	n    uint32 // of a string or bytes: the length; of a tuple: the number of elements
	off  int64  // of a string or bytes: the offset of the text; of an int: its value; of a tuple: its number in the ring
}

// A code says what a value is. It is all that the memo keeps, two bytes an
// entry, so that tens of millions of entries fit into little memory.
type code uint16

// The codes up to nameBase are kinds of objects, those from there to nodeBase
// strings in the table of names, and the rest nodes.
const (
	unset code = iota // an empty place in the memo
	lost              // an object that is no longer or never was known
	none
	boolean
	integer
	long // an integer whose bytes are at off
	float
	str        // text at off in UTF-8
	strEscaped // text at off with escapes, from protocol 0
	strRaw     // text at off as raw-unicode-escape, from protocol 0
	data       // bytes at off
	dataLatin  // bytes that are the Latin-1 characters of the text at off
	dataRaw    // the same with escapes, from protocol 0
	byteArray
	list
	dict
	set
	frozenset
	tuple
	persistent // what persistent_load returned
	buffer     // what came out of band

	nameBase code = 256
	nodeBase code = nameBase + maxNames
)

const (
	maxNames     = 32 << 10
	reserveNames = 8 << 10 // of them kept for strings that name something
	maxNodes     = 1<<16 - int(nodeBase)
	maxNameLen   = 256
	forgotten    = 1<<32 - 1 // the length of a tuple that is no longer known
)

func (v value) isName() bool { return v.code >= nameBase && v.code < nodeBase }

func (v value) isNode() bool { return v.code >= nodeBase }

func (v value) isText() bool {
	return v.isName() || v.code == str || v.code == strEscaped || v.code == strRaw
}

// A ring remembers the first elements of the tuples made last.
type ring struct {
	slots [][keepElems]value
	next  int64
}

const (
	ringSize  = 4096
	keepElems = 24
)

// add makes a tuple of elems.
func (r *ring) add(elems []value) value {
	if len(elems) == 0 {
		return value{code: tuple}
	}
	if r.slots == nil {
		r.slots = make([][keepElems]value, 0, 16)
	}
	i := r.next % ringSize
	if i == int64(len(r.slots)) && len(r.slots) < ringSize {
		r.slots = append(r.slots, [keepElems]value{})
	}
	copy(r.slots[i][:], elems)
	r.next++
	return value{code: tuple, n: uint32(min(len(elems), forgotten-1)), off: r.next - 1} // bounded
}

// elems returns the first elements of a tuple, and whether they are known.
func (r *ring) elems(v value) ([]value, bool) {
	switch {
	case v.code != tuple || v.n == forgotten:
		return nil, false
	case v.n == 0:
		return nil, true
	case v.off < 0 || v.off >= r.next || r.next-v.off > ringSize:
		return nil, false
	}
	return r.slots[v.off%ringSize][:min(int(v.n), keepElems)], true
}

const (
	pageSize = 1024
	maxPages = 24 << 10 // of two bytes an entry: 48 MiB
)

// A memo is the memo of the unpickler: it is sparse, and it is bounded.
type memo struct {
	pages map[uint32]*[pageSize]code
	last  *[pageSize]code
	page  uint32 // number of last
	count int64  // entries that are set
}

// at returns the place of an entry, or nil if the memo would grow too large.
func (m *memo) at(i uint32) *code {
	p := i / pageSize
	if m.last == nil || m.page != p {
		page := m.pages[p]
		if page == nil {
			if len(m.pages) >= maxPages {
				return nil
			}
			if m.pages == nil {
				m.pages = make(map[uint32]*[pageSize]code)
			}
			page = new([pageSize]code)
			m.pages[p] = page
		}
		m.last, m.page = page, p
	}
	return &m.last[i%pageSize]
}

// peek returns an entry, unset if there is none.
func (m *memo) peek(i uint32) code {
	p := i / pageSize
	if m.last == nil || m.page != p {
		page := m.pages[p]
		if page == nil {
			return unset
		}
		m.last, m.page = page, p
	}
	return m.last[i%pageSize]
}

func (m *memo) reset() { *m = memo{} }
