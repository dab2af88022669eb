package sevenzip

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/ulikunitz/xz/lzma"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/foreign"
)

// maxHeader is the longest header that is read, packed or not.
const maxHeader = 16 << 20

// An archive is a 7z archive whose header was read.
type archive struct {
	f       *scan.File
	at, n   int64 // of the header at the end
	packed  span  // of the real header, if the one at the end only says where it is
	streams streams
	members []member
	free    int64 // of the memory for dictionaries
}

// A span is a stretch of bytes of the file.
type span struct{ off, n int64 }

// sealed returns an archive of a signature and a header with nothing between
// them.
func sealed(signature, header []byte) []byte {
	le := binary.LittleEndian
	start := le.AppendUint64(nil, 0)
	start = le.AppendUint64(start, uint64(len(header)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
	out := le.AppendUint32(slices.Clone(signature), crc32.ChecksumIEEE(start))
	return slices.Concat(out, start, header)
}

// read reads the header, unpacking it if need be.
func (a *archive) read(ctx context.Context) error {
	b := make([]byte, min(a.f.Size(), signatureSize))
	if n, err := a.f.ReadAt(b, 0); n < signatureSize {
		return scan.Errorf(0, "signature of %d bytes: %w", n, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	le := binary.LittleEndian
	offset, size := le.Uint64(b[12:]), le.Uint64(b[20:])
	switch {
	case le.Uint32(b[8:]) != crc32.ChecksumIEEE(b[12:]):
		return scan.Errorf(8, "the checksum of the first header is wrong, where some programs look for another one")
	case b[6] != 0:
		return scan.Errorf(6, "version %d.%d is not known", b[6], b[7])
	case offset > math.MaxInt64/2 || int64(offset) > a.f.Size()-signatureSize || size > uint64(a.f.Size()-signatureSize)-offset:
		return scan.Errorf(12, "a header of %d bytes at %d is beyond the end of the file", size, offset)
	case size == 0:
		return scan.Errorf(20, "not analyzed: the archive is empty")
	case size > maxHeader:
		return scan.Errorf(20, "%w: a header of %d bytes", scan.ErrBudget, size)
	}
	a.at, a.n = signatureSize+int64(offset), int64(size)
	header := make([]byte, size)
	if n, err := a.f.ReadAt(header, a.at); n < len(header) {
		return scan.Errorf(a.at, "header: %w", err)
	}
	if crc32.ChecksumIEEE(header) != le.Uint32(b[28:]) {
		return scan.Errorf(a.at, "the checksum of the header is wrong")
	}
	if header[0] == idEncodedHeader {
		var err error
		if header, err = a.unpackHeader(ctx, header[1:]); err != nil {
			return scan.Errorf(a.at, "packed header: %w", err)
		}
	}
	c := &cursor{b: header}
	c.expect(idHeader, "kind of the header")
	a.streams, a.members = c.readHeader()
	if c.err != nil {
		return scan.Errorf(a.at, "header: %w", c.err)
	}
	return nil
}

// unpackHeader returns the real header.
func (a *archive) unpackHeader(ctx context.Context, where []byte) ([]byte, error) {
	c := &cursor{b: where}
	s := c.readStreams()
	switch {
	case c.err != nil:
		return nil, c.err
	case c.off != len(where):
		return nil, errors.New("bytes follow the end")
	case len(s.folders) != 1 || len(s.folders[0].coders) != 1 || len(s.folders[0].sizes) != 1:
		return nil, a.strange(&s)
	}
	f := &s.folders[0]
	if f.size() == 0 || f.size() > maxHeader {
		return nil, fmt.Errorf("%w: %d bytes", scan.ErrBudget, f.size())
	}
	if _, err := afford(f, freeMemory); err != nil {
		return nil, err
	}
	if err := a.f.Spend(f.size()); err != nil {
		return nil, err
	}
	a.packed = span{signatureSize + s.at, s.packed[0]}
	if err := a.fits(a.packed); err != nil {
		return nil, err
	}
	out := make([]byte, f.size())
	err := foreign.Call(func() error {
		r, err := open(&f.coders[0], io.NewSectionReader(a.f, a.packed.off, a.packed.n))
		if err == nil {
			_, err = io.ReadFull(r, out)
		}
		return err
	})
	if err == nil && f.sum.known && crc32.ChecksumIEEE(out) != f.sum.crc {
		err = errSum
	}
	return out, errors.Join(err, ctx.Err())
}

var errSum = errors.New("the checksum is wrong")

// strange says why a header that is packed in another way is not read.
func (*archive) strange(s *streams) error {
	for _, f := range s.folders {
		for _, x := range f.coders {
			if x.id == methodAES {
				return errEncrypted
			}
		}
	}
	return errors.New("it is packed in several steps or parts")
}

// open unpacks a header.
func open(x *coder, r io.Reader) (io.Reader, error) {
	switch x.id {
	case methodCopy:
		return r, nil
	case methodLZMA:
		head := binary.LittleEndian.AppendUint64(slices.Clone(x.props), uint64(x.size)) //nolint:gosec // not negative
		return lzma.NewReader(io.MultiReader(bytes.NewReader(head), r))
	case methodLZMA2:
		n, err := x.memory()
		if err != nil {
			return nil, err
		}
		return lzma.Reader2Config{DictCap: int(n)}.NewReader2(r)
	}
	return nil, fmt.Errorf("%s is not read", methodName(x.id))
}

// fits sees that a packed stream lies between signature and header.
func (a *archive) fits(s span) error {
	if s.off < signatureSize || s.off > a.at || s.n > a.at-s.off {
		return fmt.Errorf("a packed stream of %d bytes at %d is not between the headers", s.n, s.off)
	}
	return nil
}

// packedSpans returns where the packed streams are.
func (a *archive) packedSpans() []span {
	var out []span
	at := signatureSize + a.streams.at
	for _, n := range a.streams.packed {
		out = append(out, span{at, n})
		at = min(at+n, math.MaxInt64/2)
	}
	return out
}

// account accounts for the headers.
func (a *archive) account() {
	a.f.Account(scan.Parsed, signatureSize+a.n+a.packed.n)
	a.f.Fact("members", strconv.Itoa(len(a.members)))
	names := make(map[string]bool)
	for i := range a.streams.folders {
		for _, x := range a.streams.folders[i].coders {
			names[methodName(x.id)] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		a.f.Fact("method", name)
	}
}

// strays reports bytes that belong to no part of the archive, and hands them
// to the other formats.
func (a *archive) strays(ctx context.Context) error {
	spans := append(a.packedSpans(), span{a.at, a.n})
	if a.packed.n > 0 {
		spans = append(spans, a.packed)
	}
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.off, y.off) })
	at := int64(signatureSize)
	for _, s := range spans {
		if s.off < at {
			return scan.Errorf(s.off, "parts of the archive overlap")
		}
		if s.off > a.at || s.n > a.f.Size()-s.off {
			return scan.Errorf(a.at, "a packed stream of %d bytes at %d is beyond the end of the file", s.n, s.off)
		}
		if err := a.stray(ctx, at, s.off-at); err != nil {
			return err
		}
		at = s.off + s.n
	}
	return a.stray(ctx, at, a.f.Size()-at)
}

// stray reports one stretch of such bytes.
func (a *archive) stray(ctx context.Context, off, n int64) error {
	if n == 0 {
		return nil
	}
	a.f.Reportf(quintain.Medium, off, "%d bytes belong to no part of the archive", n)
	a.f.Account(scan.Delegated, n)
	if _, err := a.f.Descend(ctx, "stray", io.NewSectionReader(a.f, off, n), n); err != nil {
		return scan.Errorf(off, "stray bytes: %w", err)
	}
	return nil
}
