package compressed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

const lzmaHeader = 13

// isLZMA recognizes the format that has no magic number, by the properties
// that every writer sets, a size that is unknown or sane, and the first byte
// of the range coder.
func isLZMA(head []byte) bool {
	if len(head) < lzmaHeader+5 || head[0] != 0x5d || head[1] != 0 || head[lzmaHeader] != 0 {
		return false
	}
	size := binary.LittleEndian.Uint64(head[5:])
	return size == 1<<64-1 || size < 1<<38
}

// lzma unpacks an LZMA stream with its header of 13 bytes. The dictionary that
// the header asks for is cut to what the content can use before it ends at
// the limit.
func (u *unpacker) lzma() error {
	head, err := u.read(lzmaHeader)
	if err != nil {
		return err
	}
	dict := min(int64(binary.LittleEndian.Uint32(head[1:])), u.out.Limit())
	binary.LittleEndian.PutUint32(head[1:], uint32(dict)) //nolint:gosec // at most what was there
	r, err := lzma.NewReader(joined{bytes.NewReader(head), u.in})
	if err != nil {
		return err
	}
	if _, err = io.Copy(u.out, r); err != nil && !u.out.Full() {
		_, _ = io.Copy(u.out, r) // what it had unpacked before the mistake
	}
	return err
}

// joined reads a few bytes and then a file, byte by byte where it is asked to,
// so that nothing behind the stream is consumed.
type joined struct {
	first *bytes.Reader
	rest  interface {
		io.Reader
		io.ByteReader
	}
}

func (j joined) Read(p []byte) (int, error) {
	if j.first.Len() > 0 {
		return j.first.Read(p)
	}
	return j.rest.Read(p)
}

func (j joined) ReadByte() (byte, error) {
	if j.first.Len() > 0 {
		return j.first.ReadByte()
	}
	return j.rest.ReadByte()
}

// lzma2 unpacks the chunks of LZMA2 with one decoder for all blocks of a file,
// so that its dictionary is made once.
type lzma2 struct {
	r    *lzma.Reader2
	dict int
	feed feed
}

// A feed is where the decoder reads. It ends with a chunk.
type feed struct{ io.Reader }

// The first byte of an LZMA2 chunk.
const (
	chunkEnd      = 0
	chunkRawReset = 1
	chunkRaw      = 2
	chunkLZMA     = 0x80
	chunkProps    = 0xc0 // new properties
	chunkReset    = 0xe0 // and a new dictionary
)

var errChunk = errors.New("an LZMA2 chunk is wrong")

// block unpacks LZMA2 chunks up to and with their end.
func (u *unpacker) block(dict int64, out io.Writer) error {
	dict = max(lzma.MinDictCap, min(dict, u.out.Limit()))
	for first := true; ; first = false {
		control, err := u.in.ReadByte()
		if err != nil {
			return err
		}
		if control == chunkEnd {
			return nil
		}
		if first && control != chunkRawReset && control < chunkReset {
			return errChunk
		}
		head, size, packed, err := u.chunk(control)
		if err != nil {
			return err
		}
		z := &u.lzma2
		body := io.LimitReader(u.in, packed)
		z.feed.Reader = io.MultiReader(bytes.NewReader(head), body)
		if z.r == nil || int64(z.dict) < dict {
			if z.r, err = (lzma.Reader2Config{DictCap: int(dict)}).NewReader2(&z.feed); err != nil {
				return err
			}
			z.dict = int(dict)
		}
		if _, err := io.CopyN(out, z.r, size); err != nil {
			return err
		}
		if n, err := io.Copy(io.Discard, body); err != nil || n > 0 {
			return errChunk
		}
	}
}

// chunk reads the header of a chunk: the header itself, the size of the
// content, and the size of what follows.
func (u *unpacker) chunk(control byte) (head []byte, size, packed int64, err error) {
	n := 2
	switch {
	case control >= chunkProps:
		n = 5
	case control >= chunkLZMA:
		n = 4
	case control > chunkRaw:
		return nil, 0, 0, errChunk
	}
	rest, err := u.read(n)
	if err != nil {
		return nil, 0, 0, err
	}
	size = int64(binary.BigEndian.Uint16(rest)) + 1
	packed = size
	if control >= chunkLZMA {
		size += int64(control&0x1f) << 16
		packed = int64(binary.BigEndian.Uint16(rest[2:])) + 1
	}
	return append([]byte{control}, rest...), size, packed, nil
}
