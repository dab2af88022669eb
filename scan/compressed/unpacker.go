package compressed

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"quintain/scan"
	"quintain/scan/internal/pages"
)

// A codec is one way to compress.
type codec struct {
	name    string
	match   func(head []byte) bool // of the beginning of a file
	again   func(head []byte) bool // of a stream right behind another; nil if there is only one
	padding bool                   // zeros between streams and at the end mean nothing
	stream  func(u *unpacker) error
}

// recognize returns the codec of a file that begins with head, or nil.
func recognize(head []byte) *codec {
	for i := range codecs {
		if codecs[i].match(head) {
			return &codecs[i]
		}
	}
	return nil
}

var codecs = []codec{
	{"gzip", isGzip, isGzip, true, (*unpacker).gzip},
	{"zlib", isZlib, isZlibHeader, false, (*unpacker).zlib},
	{"zlib of an old joblib", isZFile, nil, false, (*unpacker).zfile},
	{"bzip2", isBzip2, nil, false, (*unpacker).bzip2},
	{"xz", isXZ, isXZ, true, (*unpacker).xz},
	{"lzma", isLZMA, nil, false, (*unpacker).lzma},
	{"zstd", isZstd, isZstd, false, (*unpacker).zstd},
	{"lz4", isLZ4, isLZ4OrSkip, false, (*unpacker).lz4},
	{"lz4 of the first version", isOldLZ4, isOldLZ4, false, (*unpacker).oldLZ4},
}

// An unpacker unpacks one file. Decoders are kept, so that a file of many
// short streams costs no more than one of a few long ones.
type unpacker struct {
	f      *meter
	src    *io.SectionReader
	in     *bufio.Reader // of src
	out    *pages.Pages
	padded int64 // bytes of padding between streams

	inflater io.ReadCloser
	lzma2    lzma2
	zstdDec  *zstd.Decoder
	lz4Dec   *lz4.Reader
}

func newUnpacker(ctx context.Context, f *scan.File) *unpacker {
	m := &meter{File: f}
	src := io.NewSectionReader(m, 0, f.Size())
	return &unpacker{
		f: m, src: src, in: bufio.NewReaderSize(src, scan.HeadSize),
		out: pages.New(ctx, pages.Limit(f.Size()), m.Spend, func() int64 { return m.read }),
	}
}

func (u *unpacker) close() {
	if u.zstdDec != nil {
		u.zstdDec.Close()
	}
}

// offset returns the offset of the next byte of the file.
func (u *unpacker) offset() int64 {
	pos, _ := u.src.Seek(0, io.SeekCurrent) // it cannot fail
	return pos - int64(u.in.Buffered())
}

// seek goes to an offset of the file.
func (u *unpacker) seek(off int64) error {
	_, err := u.src.Seek(off, io.SeekStart)
	u.in.Reset(u.src)
	return err
}

var errCut = errors.New("the file ends inside it")

// unpack unpacks stream after stream, up to the end of the file or to what is
// no stream of the codec.
func (u *unpacker) unpack(c *codec) error {
	for streams := 1; ; streams++ {
		start := u.offset()
		if err := c.stream(u); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = errCut
			}
			return scan.Errorf(start, "%s stream: %w", c.name, err)
		}
		if c.padding {
			if err := u.skipZeros(); err != nil {
				return err
			}
		}
		head, err := u.in.Peek(64)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(head) == 0 || c.again == nil || !c.again(head) {
			return nil
		}
	}
}

// skipZeros passes over padding.
func (u *unpacker) skipZeros() error {
	for {
		b, err := u.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case b != 0:
			return u.in.UnreadByte()
		}
		u.padded++
	}
}

// read reads n bytes, which are few.
func (u *unpacker) read(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(u.in, b)
	return b, err
}
