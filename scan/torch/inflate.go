package torch

import (
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"quintain/scan"
)

// maxHeld is the largest member that is unpacked into memory. Larger ones are
// unpacked as they are read.
const maxHeld = 8 << 20

// A forward reads a packed member as if it were a file. Reading backward
// begins again from the start, which the budget pays for.
type forward struct {
	spend func(int64) error
	data  io.ReaderAt
	n     int64 // packed size
	size  int64 // unpacked
	in    io.Reader
	pos   int64
	buf   []byte // the last bytes that were read
	base  int64  // offset of buf
}

// ReadAt implements [io.ReaderAt].
func (r *forward) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > r.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), r.size-off)
	n := 0
	if off < r.pos {
		if off < r.base {
			r.in = nil
		} else {
			n = copy(p[:want], r.buf[off-r.base:])
		}
	}
	if r.in == nil {
		r.in, r.pos, r.base, r.buf = flate.NewReader(io.NewSectionReader(r.data, 0, r.n)), 0, 0, nil
	}
	if skip := off + int64(n) - r.pos; skip > 0 {
		if err := r.advance(skip, nil); err != nil {
			return n, err
		}
	}
	if rest := want - int64(n); rest > 0 {
		if err := r.advance(rest, p[n:want]); err != nil {
			return n, err
		}
	}
	if want < int64(len(p)) {
		return int(want), io.EOF
	}
	return int(want), nil
}

// advance reads n bytes into p, or past them if p is nil.
func (r *forward) advance(n int64, p []byte) error {
	if err := r.spend(n); err != nil {
		return err
	}
	if p == nil {
		got, err := io.CopyN(io.Discard, r.in, n)
		r.pos += got
		r.base, r.buf = r.pos, nil
		return short(err)
	}
	got, err := io.ReadFull(r.in, p)
	r.base = r.pos
	r.pos += int64(got)
	r.buf = append(r.buf[:0:0], p[max(0, got-behind):got]...)
	r.base = r.pos - int64(len(r.buf))
	return short(err)
}

// behind is how far a forward looks back without beginning again.
const behind = 64 << 10

func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A sum is what reading a member to its end shows.
type sum struct {
	crc  uint32
	size int64
	more bool // it does not end where it should
}

// summed reads a member to its end. Packed bytes are paid for by the caller.
func summed(f *scan.File, e *entry, buf []byte) (sum, error) {
	var r io.Reader = io.NewSectionReader(f, e.data, e.packed)
	if e.method == methodDeflate {
		r = flate.NewReader(r)
	}
	h := crc32.NewIEEE()
	n, err := io.CopyBuffer(onlyWriter{h}, io.LimitReader(r, e.size), buf)
	if err != nil {
		return sum{}, fmt.Errorf("unpack: %w", err)
	}
	var one [1]byte
	extra, err := io.ReadFull(r, one[:])
	if err != nil && !errors.Is(err, io.EOF) {
		return sum{}, fmt.Errorf("unpack: %w", err)
	}
	return sum{h.Sum32(), n, extra > 0}, nil
}

// onlyWriter hides what else a writer can do, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// held returns the unpacked bytes of a member.
func held(f *scan.File, e *entry) ([]byte, error) {
	b := make([]byte, e.size)
	_, err := io.ReadFull(flate.NewReader(io.NewSectionReader(f, e.data, e.packed)), b)
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", short(err))
	}
	return b, nil
}
