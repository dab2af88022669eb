package compressed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math"
)

const xzMagic = "\xfd7zXZ\x00"

func isXZ(head []byte) bool { return bytes.HasPrefix(head, []byte(xzMagic)) }

// xzSums are the checks of the content that xz defines, by their number; nil
// stands for one that nobody computes.
var xzSums = [16]struct {
	size int
	hash func() hash.Hash
}{
	1: {4, func() hash.Hash { return crc32.NewIEEE() }},
	2: {4, nil}, 3: {4, nil},
	4: {8, func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) }},
	5: {8, nil}, 6: {8, nil}, 7: {16, nil}, 8: {16, nil}, 9: {16, nil},
	10: {32, sha256.New},
	11: {32, nil}, 12: {32, nil}, 13: {64, nil}, 14: {64, nil}, 15: {64, nil},
}

// xz unpacks one stream of an xz file: blocks, an index that repeats their
// sizes, and a footer that repeats the header.
func (u *unpacker) xz() error {
	head, err := u.read(12)
	if err != nil {
		return err
	}
	flags := head[6:8]
	if flags[0] != 0 || flags[1] > 15 {
		return fmt.Errorf("flags % x are not defined", flags)
	}
	if binary.LittleEndian.Uint32(head[8:]) != crc32.ChecksumIEEE(flags) {
		return errors.New("the checksum of the header is wrong")
	}
	seen, blocks := sha256.New(), uint64(0) // of the sizes of all blocks
	for {
		start := u.offset()
		size, err := u.in.ReadByte()
		if err != nil {
			return err
		}
		if size == 0 {
			return u.xzIndex(start, blocks, seen.Sum(nil), flags)
		}
		if err := u.xzBlock(start, size, flags[1], seen); err != nil {
			return err
		}
		blocks++
	}
}

// xzBlock unpacks one block and adds its sizes to seen.
func (u *unpacker) xzBlock(start int64, size, check byte, seen hash.Hash) error {
	header := make([]byte, 4*(int(size)+1))
	header[0] = size
	if _, err := io.ReadFull(u.in, header[1:]); err != nil {
		return err
	}
	h, err := parseBlockHeader(header)
	if err != nil {
		return err
	}
	data, before := u.offset(), u.out.Size()
	sum := xzSums[check]
	out := io.Writer(u.out)
	var got hash.Hash
	if sum.hash != nil {
		got = sum.hash()
		out = io.MultiWriter(u.out, got)
	}
	if err := u.block(h.dict, out); err != nil {
		return err
	}
	packed, unpacked := u.offset()-data, u.out.Size()-before
	if h.packed >= 0 && h.packed != packed || h.unpacked >= 0 && h.unpacked != unpacked {
		return fmt.Errorf("block at 0x%x: its header says %d bytes of %d, which are %d of %d", start, h.packed, h.unpacked, packed, unpacked)
	}
	padding, err := u.read(int(-packed & 3))
	if err != nil {
		return err
	}
	want, err := u.read(sum.size)
	if err != nil {
		return err
	}
	switch {
	case !allZero(padding):
		return errors.New("the padding of a block is not zero")
	case got == nil && sum.size > 0:
		return fmt.Errorf("check %d of the content is not known", check)
	case got != nil && !bytes.Equal(want, inOrder(got)):
		return errChecksum
	}
	seen.Write(binary.LittleEndian.AppendUint64(nil, uint64(u.offset()-start-int64(len(padding)))))
	seen.Write(binary.LittleEndian.AppendUint64(nil, uint64(unpacked)))
	return nil
}

// inOrder returns a sum as xz stores it.
func inOrder(h hash.Hash) []byte {
	switch h := h.(type) {
	case hash.Hash32:
		return binary.LittleEndian.AppendUint32(nil, h.Sum32())
	case hash.Hash64:
		return binary.LittleEndian.AppendUint64(nil, h.Sum64())
	}
	return h.Sum(nil)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// A blockHeader says what a block is. Sizes are -1 if it does not say.
type blockHeader struct {
	packed, unpacked int64
	dict             int64
}

func parseBlockHeader(b []byte) (blockHeader, error) {
	h := blockHeader{packed: -1, unpacked: -1}
	body, sum := b[:len(b)-4], b[len(b)-4:]
	if binary.LittleEndian.Uint32(sum) != crc32.ChecksumIEEE(body) {
		return h, errors.New("the checksum of a block header is wrong")
	}
	flags, r := body[1], bytes.NewReader(body[2:])
	if flags&0x3f != 0 {
		return h, errors.New("only LZMA2 without other filters is read")
	}
	var err error
	if flags&0x40 != 0 {
		if h.packed, err = readSize(r); err != nil {
			return h, err
		}
	}
	if flags&0x80 != 0 {
		if h.unpacked, err = readSize(r); err != nil {
			return h, err
		}
	}
	filter := make([]byte, 3)
	if _, err := io.ReadFull(r, filter); err != nil || filter[0] != 0x21 || filter[1] != 1 || filter[2] > 40 {
		return h, errors.New("only LZMA2 without other filters is read")
	}
	h.dict = math.MaxUint32
	if bits := filter[2]; bits < 40 {
		h.dict = int64(2|bits&1) << (bits/2 + 11)
	}
	if !allZero(body[len(body)-r.Len():]) {
		return h, errors.New("the padding of a block header is not zero")
	}
	return h, nil
}

// readSize reads a size in the variable length of xz.
func readSize(r io.ByteReader) (int64, error) {
	n, err := binary.ReadUvarint(r)
	if err == nil && n > math.MaxInt64 {
		err = errors.New("a size is out of range")
	}
	return int64(n), err //nolint:gosec // checked above
}

// xzIndex checks the index, whose zero byte at start was read, and the footer.
func (u *unpacker) xzIndex(start int64, blocks uint64, want, flags []byte) error {
	n, err := binary.ReadUvarint(u.in)
	if err != nil {
		return err
	}
	if n != blocks {
		return fmt.Errorf("the index lists %d blocks of %d", n, blocks)
	}
	seen := sha256.New()
	for range 2 * blocks {
		size, err := readSize(u.in)
		if err != nil {
			return err
		}
		seen.Write(binary.LittleEndian.AppendUint64(nil, uint64(size))) //nolint:gosec // not negative
	}
	if !bytes.Equal(seen.Sum(nil), want) {
		return errors.New("the index is not about the blocks before it")
	}
	padding, err := u.read(int((start - u.offset()) & 3))
	if err != nil {
		return err
	}
	size := u.offset() - start
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(u.f, start, size)); err != nil {
		return err
	}
	tail, err := u.read(16)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	switch {
	case !allZero(padding), le.Uint32(tail) != sum.Sum32():
		return errors.New("the checksum of the index is wrong")
	case le.Uint32(tail[4:]) != crc32.ChecksumIEEE(tail[8:14]), string(tail[14:]) != "YZ":
		return errors.New("the footer is wrong")
	case 4*(int64(le.Uint32(tail[8:]))+1) != size+4, !bytes.Equal(tail[12:14], flags):
		return errors.New("the footer is not about this stream")
	}
	return nil
}
