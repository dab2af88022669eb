package compressed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"quintain/scan"
)

var le = binary.LittleEndian

// Zstd and lz4 consist of frames whose ends can be found without unpacking
// them, so that the decoders see one frame and nothing behind it.
const (
	zstdMagic = 0xfd2fb528
	lz4Magic  = 0x184d2204
	skipMagic = 0x184d2a50 // and the 15 after it: a frame to pass over, in both
)

func magic(head []byte) uint32 {
	if len(head) < 8 {
		return 0
	}
	return le.Uint32(head)
}

func isSkip(head []byte) bool      { return magic(head)&^0xf == skipMagic }
func isZstd(head []byte) bool      { return magic(head) == zstdMagic || isSkip(head) }
func isLZ4(head []byte) bool       { return magic(head) == lz4Magic }
func isLZ4OrSkip(head []byte) bool { return isLZ4(head) || isSkip(head) }

// skip passes over a frame that decoders ignore. What is in it is looked at by
// nobody, which is worth a doubt unless it is as short as the mark of a
// parallel compressor.
func (u *unpacker) skip() error {
	at := u.offset()
	head, err := u.read(8)
	if err != nil {
		return err
	}
	n := int64(le.Uint32(head[4:]))
	if n > u.f.Size()-u.offset() {
		return io.ErrUnexpectedEOF
	}
	if n > 4 {
		u.f.Doubtf(at, "%d bytes are in a frame that decoders skip", n)
	}
	return u.seek(u.offset() + n)
}

// frame hands one frame, or what there is of it, to a decoder.
func (u *unpacker) frame(end int64, broken error, decode func(io.Reader) error) error {
	start := u.offset()
	if broken != nil {
		end = u.f.Size()
	}
	if err := decode(io.NewSectionReader(u.f, start, end-start)); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return u.seek(end)
}

// zstd unpacks one frame (RFC 8878).
func (u *unpacker) zstd() error {
	if head, err := u.in.Peek(8); err == nil && isSkip(head) {
		return u.skip()
	}
	if u.zstdDec == nil {
		window := uint64(1) << bits.Len64(uint64(u.out.Limit()-1)) //nolint:gosec // the limit is positive
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return err
		}
		u.zstdDec = d
	}
	end, broken := zstdEnd(u.f.File, u.offset())
	return u.frame(end, broken, func(r io.Reader) error {
		if err := u.zstdDec.Reset(r); err != nil {
			return err
		}
		_, err := io.Copy(u.out, u.zstdDec)
		return err
	})
}

// zstdEnd returns where the frame at off ends.
func zstdEnd(f *scan.File, off int64) (int64, error) {
	w := scan.NewWindow(f, f.Size())
	head, err := w.Bytes(off, 5)
	if err != nil {
		return 0, err
	}
	d := head[4]
	size := [4]int64{0, 2, 4, 8}[d>>6] + [4]int64{0, 1, 2, 4}[d&3]
	if single := d&0x20 != 0; !single || d>>6 == 0 {
		size++ // the window, or the shortest size of the content
	}
	off += 5 + size
	for {
		b, err := w.Bytes(off, 3)
		if err != nil {
			return 0, err
		}
		h := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		off += 3
		switch h >> 1 & 3 {
		case 1: // one byte, repeated
			off++
		case 3:
			return 0, errors.New("a block has a type that is not defined")
		default:
			off += int64(h >> 3)
		}
		if h&1 != 0 {
			break
		}
	}
	if d&4 != 0 {
		off += 4
	}
	if off > f.Size() {
		return 0, io.ErrUnexpectedEOF
	}
	return off, nil
}

// lz4 unpacks one frame.
func (u *unpacker) lz4() error {
	head, err := u.in.Peek(8)
	if err != nil {
		return err
	}
	if isSkip(head) {
		return u.skip()
	}
	if head[4]>>6 != 1 || head[4]&3 != 0 {
		return fmt.Errorf("flags 0x%02x are not read", head[4])
	}
	if u.lz4Dec == nil {
		u.lz4Dec = lz4.NewReader(bytes.NewReader(nil))
	}
	end, broken := lz4End(u.f.File, u.offset())
	return u.frame(end, broken, func(r io.Reader) error {
		u.lz4Dec.Reset(r)
		_, err := io.Copy(u.out, plain{u.lz4Dec})
		return err
	})
}

// plain hides every method but Read.
type plain struct{ io.Reader }

// lz4End returns where the frame at off ends.
func lz4End(f *scan.File, off int64) (int64, error) {
	w := scan.NewWindow(f, f.Size())
	head, err := w.Bytes(off, 6)
	if err != nil {
		return 0, err
	}
	flags := head[4]
	off += 7
	if flags&8 != 0 { // the size of the content
		off += 8
	}
	sum := 4 * int64(flags>>4&1) // behind every block
	for {
		b, err := w.Bytes(off, 4)
		if err != nil {
			return 0, err
		}
		n := int64(le.Uint32(b) &^ (1 << 31))
		off += 4
		if le.Uint32(b) == 0 {
			break
		}
		off += n + sum
	}
	if flags&4 != 0 { // the checksum of the content
		off += 4
	}
	if off > f.Size() {
		return 0, io.ErrUnexpectedEOF
	}
	return off, nil
}
