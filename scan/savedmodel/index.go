package savedmodel

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
)

// The index of variables is a sorted table of blocks, a footer, and this
// number.
const (
	tableMagic  = 0xdb4775248b80fb57
	footerSize  = 48
	trailerSize = 5 // behind a block: how it is packed, and a checksum
	maxIndex    = 64 << 20
)

// isIndex reports whether head begins with the entry that describes a bundle.
func isIndex(head []byte) bool {
	if len(head) < 5 || head[0] != 0 || head[1] != 0 || head[2] == 0 || head[2] > 32 || head[3] != 0x08 {
		return false
	}
	b := head[3:min(len(head), 3+int(head[2]))]
	for len(b) > 0 {
		num, _, n := protowire.ConsumeField(b)
		if n < 0 || num > 3 {
			return false
		}
		b = b[n:]
	}
	return true
}

// An entry is where a variable is in the data.
type entry struct {
	at                  int64
	name                string
	kind, shard         uint64
	from, size, element uint64
	bad                 bool
}

// index inspects the index of variables.
func (x *walker) index() error {
	size := x.f.Size()
	if size > maxIndex || size < footerSize {
		return scan.Errorf(0, "an index of %d bytes", size)
	}
	b := make([]byte, size)
	if n, err := x.f.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	foot := b[size-footerSize:]
	if binary.LittleEndian.Uint64(foot[40:]) != tableMagic {
		return scan.Errorf(size-8, "the index does not end as one")
	}
	var blocks [2]span
	for i := range blocks { // of what describes the table, and of the other blocks
		n := 0
		if blocks[i], n = handle(foot[:40]); n < 0 {
			return scan.Errorf(size-footerSize, "the place of a block is no number")
		}
		foot = foot[n:]
	}
	x.f.Account(scan.Parsed, footerSize)
	if err := x.block(b, blocks[0], func(string, span) error { return nil }); err != nil {
		return err
	}
	var entries []entry
	err := x.block(b, blocks[1], func(_ string, v span) error {
		s, n := handle(b[v.off : v.off+v.n])
		if n < 0 {
			return scan.Errorf(v.off, "the place of a block is no number")
		}
		return x.block(b, s, func(key string, v span) error {
			if key == "" {
				return x.fields("tensorflow.BundleHeaderProto", v, func(val) error { return nil })
			}
			e, err := x.entry(key, v)
			entries = append(entries, e)
			return err
		})
	})
	if err != nil {
		return err
	}
	x.overlaps(entries)
	x.f.Fact("variables", strconv.Itoa(len(entries)))
	return x.ctx.Err()
}

// handle reads where a block is.
func handle(b []byte) (s span, n int) {
	off, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return s, n
	}
	size, k := protowire.ConsumeVarint(b[n:])
	if k < 0 || off > maxIndex || size > maxIndex {
		return s, -1
	}
	return span{int64(off), int64(size)}, n + k
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// block calls on for each entry of a block.
func (x *walker) block(b []byte, s span, on func(key string, value span) error) error {
	end := s.off + s.n
	if end+trailerSize > int64(len(b)) || s.n < 4 {
		return scan.Errorf(s.off, "a block of %d bytes", s.n)
	}
	if b[end] != 0 {
		return scan.Errorf(end, "a block is packed, which TensorFlow does not do")
	}
	sum := crc32.Checksum(b[s.off:end+1], castagnoli)
	if masked := bits.RotateLeft32(sum, -15) + 0xa282ead8; masked != binary.LittleEndian.Uint32(b[end+1:]) {
		x.f.Doubtf(end+1, "the checksum of a block is wrong")
	}
	x.f.Account(scan.Parsed, s.n+trailerSize)
	restarts := int64(binary.LittleEndian.Uint32(b[end-4:]))
	stop := end - 4 - 4*restarts
	if stop < s.off {
		return scan.Errorf(end-4, "a block claims %d restarts", restarts)
	}
	var key []byte
	for off := s.off; off < stop; {
		var n [3]int64 // shared with the last key, own part of the key, value
		at := off
		for i := range n {
			v, k := protowire.ConsumeVarint(b[off:stop])
			if k < 0 || v > maxIndex {
				return scan.Errorf(off, "a length that is none")
			}
			n[i], off = int64(v), off+int64(k)
		}
		if n[0] > int64(len(key)) || n[1]+n[2] > stop-off || n[0]+n[1] > maxString {
			return scan.Errorf(at, "an entry does not fit its block")
		}
		key = append(key[:n[0]], b[off:off+n[1]]...)
		off += n[1]
		if err := on(string(key), span{off, n[2]}); err != nil {
			return err
		}
		off += n[2]
	}
	return nil
}

// entry reads where a variable is.
func (x *walker) entry(name string, s span) (entry, error) {
	e := entry{at: s.off, name: name, element: 1}
	err := x.fields("tensorflow.BundleEntryProto", s, func(v val) error {
		switch v.name {
		case "dtype":
			e.kind = v.number
		case "shard_id":
			e.shard = v.number
		case "offset":
			e.from = v.number
		case "size":
			e.size = v.number
		case "shape":
			x.tensor = &tensor{elements: 1, content: -1}
			err := x.walk(v.sub, v.span, 0)
			e.element, e.bad = x.tensor.elements, x.tensor.bad
			x.tensor = nil
			return err
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	hi, want := bits.Mul64(e.element, widths[e.kind])
	switch {
	case e.bad || hi != 0 || e.from > 1<<62 || e.size > 1<<62:
		x.f.Reportf(quintain.High, e.at, "the shape or place of variable %q overflows", name)
	case widths[e.kind] != 0 && want != e.size:
		x.f.Reportf(quintain.High, e.at, "variable %q has %d bytes where its shape calls for %d", name, e.size, want)
	}
	return e, nil
}

// overlaps reports variables that share bytes.
func (x *walker) overlaps(all []entry) {
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.shard, b.shard), cmp.Compare(a.from, b.from), cmp.Compare(a.at, b.at))
	})
	for i := 1; i < len(all); i++ {
		if a, b := &all[i-1], &all[i]; a.shard == b.shard && b.size > 0 && a.from+a.size > b.from {
			x.f.Reportf(quintain.Medium, b.at, "variables %q and %q share bytes", a.name, b.name)
		}
	}
}
