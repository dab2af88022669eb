package hdf5

import (
	"cmp"
	"slices"
)

// uses of bytes.
const (
	parsed = iota
	data
)

// A span is a stretch of bytes that one structure explains.
type span struct {
	begin, end int64 // offsets in the file
	use        int
}

// mark explains n bytes at an address. Reaching outside the file is reported
// where the bytes are read.
func (f *file) mark(addr, n int64, use int) {
	off, err := f.inside(addr, n)
	if err != nil {
		f.fail(f.base, err)
		return
	}
	if n > 0 {
		f.spans = append(f.spans, span{off, off + n, use})
	}
}

// cover accounts for the bytes of the file, which should end at end, and
// reports those that nothing explains.
func (f *file) cover(end int64) {
	slices.SortFunc(f.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.use, b.use))
	})
	to := int64(0)
	for _, s := range f.spans {
		if s.begin < to {
			f.issue(Odd, s.begin, "%d bytes belong to two structures", min(to, s.end)-s.begin)
		}
		f.gap(to, s.begin, end)
		n := s.end - max(s.begin, to)
		if n <= 0 {
			continue
		}
		to = s.end
		if s.use == data {
			f.out.Data += n
		} else {
			f.out.Parsed += n
		}
	}
	f.gap(to, end, end)
	f.gap(max(to, end), f.size, end)
}

// gap looks at bytes that nothing explains. Zeros are space that was left
// free.
func (f *file) gap(from, to, end int64) {
	buf := make([]byte, min(32<<10, max(0, to-from)))
	for off := from; off < to; {
		b := buf[:min(int64(len(buf)), to-off)]
		if n, err := f.r.ReadAt(b, off); n < len(b) {
			f.fail(off, at(off, "read: %w", err))
			return
		}
		if i := slices.IndexFunc(b, func(c byte) bool { return c != 0 }); i >= 0 {
			f.unexplained(from, to, off+int64(i), end)
			return
		}
		off += int64(len(b))
	}
	f.out.Padding += max(0, to-from)
}

// unexplained reports a gap with something in it.
func (f *file) unexplained(from, to, first, end int64) {
	switch {
	case from >= end:
		f.issue(Odd, first, "%d bytes follow the end of the file", to-from)
	case to <= f.base:
		f.issue(Odd, first, "%d bytes stand before the superblock, where another format can hide", to-from)
	default:
		f.issue(Unknown, first, "%d bytes from 0x%x belong to no structure", to-from, from)
	}
}
