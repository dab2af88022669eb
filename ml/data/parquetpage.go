package data

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go"
)

// The library takes what a footer and the header of a page say for granted.
// These are read first, so that neither makes it take more memory or time than
// the file has bytes for.

const (
	maxFooter = 1 << 22 // bytes
	maxPages  = 1 << 16 // of a column in a row group
	maxNested = 16      // structures in each other
)

var (
	errFooter = errors.New("a footer that is none, or lies")
	errPage   = errors.New("a page header that is none, or lies")
)

// checkFooter walks the footer of a file: every list has as many entries as it
// says.
func checkFooter(b []byte) error {
	const tail = 8 // size and magic
	if len(b) < tail+4 {
		return errFooter
	}
	size := int64(binary.LittleEndian.Uint32(b[len(b)-tail:]))
	if size > maxFooter || size > int64(len(b)-tail-4) {
		return errFooter
	}
	end := len(b) - tail
	r := &thrift{b: b[end-int(size) : end]}
	r.skip(thriftStruct, 0)
	if r.bad {
		return errFooter
	}
	return nil
}

// checkPages walks the pages of all columns of f, whose bytes are b.
func checkPages(f *parquet.File, b []byte) error {
	for _, g := range f.Metadata().RowGroups {
		if g.NumRows < 0 || g.NumRows > f.NumRows() {
			return errPage
		}
		for _, c := range g.Columns {
			m := &c.MetaData
			at := m.DataPageOffset
			if d := m.DictionaryPageOffset; d > 0 && d < at {
				at = d
			}
			end := at + m.TotalCompressedSize
			if at < 4 || m.TotalCompressedSize < 0 || end < at || end > int64(len(b)) {
				return errPage
			}
			if err := checkColumn(b[at:end], m.TotalUncompressedSize, g.NumRows); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkColumn walks the pages of one column: their sizes are those that were
// declared, and they hold no more values than there are rows.
func checkColumn(b []byte, size, rows int64) error {
	var values int64
	for pages := 0; len(b) > 0; pages++ {
		r := &thrift{b: b}
		h := r.page()
		rest := len(b) - r.at
		if r.bad || pages == maxPages || h.compressed < 0 || int64(h.compressed) > int64(rest) || h.size < 0 || h.values < 0 {
			return errPage
		}
		header := int64(r.at)
		if size -= int64(h.size) + header; size < 0 {
			return errPage
		}
		if h.dictionary && int64(h.values) > int64(h.size) || !h.dictionary && int64(h.values) > rows-values {
			return errPage
		}
		if !h.dictionary {
			values += int64(h.values)
		}
		b = b[r.at+int(h.compressed):]
	}
	return nil
}

// A page is what its header says.
type page struct {
	size, compressed, values int32
	dictionary               bool
}

// A thrift reads the compact protocol of Apache Thrift, without maps, which
// Parquet does not use.
type thrift struct {
	b   []byte
	at  int
	bad bool
}

func (r *thrift) byte() byte {
	if r.at >= len(r.b) {
		r.bad = true
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(r.b[min(r.at, len(r.b)):])
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

func (r *thrift) int32() int32 {
	v := r.uvarint()
	i := int64(v>>1) ^ -int64(v&1)
	if int64(int32(i)) != i {
		r.bad = true
	}
	return int32(i)
}

// The types of fields.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

// fields calls f for every field of a structure; f reads its value.
func (r *thrift) fields(depth int, f func(id int32, kind byte)) {
	id := int32(0)
	for !r.bad {
		head := r.byte()
		if head == thriftStop || r.bad {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int32(delta)
		} else {
			id = r.int32()
		}
		if depth > maxNested {
			r.bad = true
			return
		}
		f(id, head&15)
	}
}

// page reads the header of a page.
func (r *thrift) page() (h page) {
	r.fields(0, func(id int32, kind byte) {
		switch {
		case id == 2 && kind == 5:
			h.size = r.int32()
		case id == 3 && kind == 5:
			h.compressed = r.int32()
		case kind == thriftStruct && (id == 5 || id == 7 || id == 8):
			h.dictionary = id == 7
			r.fields(1, func(id int32, kind byte) {
				if id == 1 && kind == 5 {
					h.values = r.int32()
					return
				}
				r.skip(kind, 2)
			})
		default:
			r.skip(kind, 1)
		}
	})
	return h
}

// skip reads a value of a kind past.
func (r *thrift) skip(kind byte, depth int) {
	switch {
	case depth > maxNested:
		r.bad = true
	case kind == thriftTrue || kind == thriftFalse:
	case kind == thriftByte:
		r.byte()
	case kind > thriftByte && kind <= thriftI64:
		r.uvarint()
	case kind == thriftDouble:
		r.jump(8)
	case kind == thriftBinary:
		r.jump(r.uvarint())
	case kind == thriftStruct:
		r.fields(depth, func(_ int32, kind byte) { r.skip(kind, depth+1) })
	case kind == thriftList || kind == thriftSet:
		head := r.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = r.uvarint()
		}
		if n > uint64(len(r.b)-r.at) { // an entry takes a byte at least
			r.bad = true
		}
		for i := uint64(0); i < n && !r.bad; i++ {
			r.skip(max(head&15, thriftByte), depth+1)
		}
	default:
		r.bad = true // a map, or nothing that is known
	}
}

func (r *thrift) jump(n uint64) {
	if n > uint64(len(r.b)-r.at) {
		r.bad = true
		return
	}
	r.at += int(n)
}
