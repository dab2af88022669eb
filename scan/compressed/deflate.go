package compressed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/flate"

	"quintain"
)

var errChecksum = errors.New("the checksum of the content is wrong")

// inflate unpacks a deflate stream and returns the number of bytes in it. The
// reader is left right behind the stream.
func (u *unpacker) inflate(sum hash.Hash) (int64, error) {
	if u.inflater == nil {
		u.inflater = flate.NewReader(u.in)
	} else if err := u.inflater.(flate.Resetter).Reset(u.in, nil); err != nil {
		return 0, err
	}
	return io.Copy(io.MultiWriter(u.out, sum), u.inflater)
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b\x08")) }

// The flags of a gzip header.
const (
	gzipCRC      = 1 << 1
	gzipExtra    = 1 << 2
	gzipName     = 1 << 3
	gzipComment  = 1 << 4
	gzipReserved = 0xe0
)

// gzip unpacks one member of a gzip file (RFC 1952).
func (u *unpacker) gzip() error {
	if err := u.gzipHeader(); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	n, err := u.inflate(sum)
	if err != nil {
		return err
	}
	tail, err := u.read(8)
	if err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(tail) != sum.Sum32() {
		return errChecksum
	}
	if got := binary.LittleEndian.Uint32(tail[4:]); got != uint32(n&0xffffffff) { //nolint:gosec // modulo 2^32 by the format
		return fmt.Errorf("it says that the content has %d bytes, which has %d", got, n)
	}
	return nil
}

func (u *unpacker) gzipHeader() error {
	start := u.offset()
	head, err := u.read(10)
	if err != nil {
		return err
	}
	flags := head[3]
	if flags&gzipReserved != 0 {
		return fmt.Errorf("flags 0x%02x are reserved, so that programs differ on what follows", flags&gzipReserved)
	}
	if flags&gzipExtra != 0 {
		size, err := u.read(2)
		if err != nil {
			return err
		}
		if _, err := u.in.Discard(int(binary.LittleEndian.Uint16(size))); err != nil {
			return err
		}
	}
	if flags&gzipName != 0 {
		at := u.offset()
		name, err := u.text()
		if err != nil {
			return err
		}
		if name == ".." || strings.ContainsAny(name, `/\`) {
			u.f.Reportf(quintain.Medium, at, "the header names the content %q, which gunzip -N writes outside of the folder", name)
		}
	}
	if flags&gzipComment != 0 {
		if _, err := u.text(); err != nil {
			return err
		}
	}
	if flags&gzipCRC == 0 {
		return nil
	}
	n := u.offset() - start
	want, err := u.read(2)
	if err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(u.f, start, n)); err != nil {
		return err
	}
	if got := sum.Sum32() & 0xffff; got != uint32(binary.LittleEndian.Uint16(want)) {
		return errors.New("the checksum of the header is wrong")
	}
	return nil
}

const maxText = 4096

// text reads up to a zero byte.
func (u *unpacker) text() (string, error) {
	var out []byte
	for len(out) <= maxText {
		b, err := u.in.ReadByte()
		if err != nil {
			return "", err
		}
		if b == 0 {
			return string(out), nil
		}
		out = append(out, b)
	}
	return "", fmt.Errorf("a text of the header has more than %d bytes", maxText)
}

// isZlib looks closer than isZlibHeader, because two bytes prove little: it
// unpacks the head. A window of another size than everybody takes is believed
// only if that yields much or reaches the end.
func isZlib(head []byte) bool {
	if !isZlibHeader(head) {
		return false
	}
	n, err := io.Copy(io.Discard, flate.NewReader(bytes.NewReader(head[2:])))
	if head[0] != 0x78 {
		return err == nil && n > 0 || errors.Is(err, io.ErrUnexpectedEOF) && n >= 1024
	}
	return err == nil || errors.Is(err, io.ErrUnexpectedEOF) && n > 0
}

// isZlibHeader reports whether head begins with a header by RFC 1950.
func isZlibHeader(head []byte) bool {
	return len(head) > 2 && head[0]&0x0f == 8 && head[0]>>4 <= 7 && (uint(head[0])<<8|uint(head[1]))%31 == 0
}

const zlibDictionary = 1 << 5

// zlib unpacks one zlib stream.
func (u *unpacker) zlib() error {
	head, err := u.read(2)
	if err != nil {
		return err
	}
	if !isZlibHeader(append(head, 0)) {
		return errors.New("the header is wrong")
	}
	if head[1]&zlibDictionary != 0 {
		return errors.New("it needs a dictionary that it does not bring")
	}
	sum := adler32.New()
	if _, err := u.inflate(sum); err != nil {
		return err
	}
	tail, err := u.read(4)
	if err != nil {
		return err
	}
	if !bytes.Equal(tail, sum.Sum(nil)) {
		return errChecksum
	}
	return nil
}

// What joblib before 0.10 writes in front of a zlib stream: a magic and the
// size of the content, hexadecimal and filled up with blanks. Some versions
// add one more.
const (
	zfileMagic = "ZF"
	zfileSize  = 19
)

func isZFile(head []byte) bool {
	return len(head) > len(zfileMagic)+zfileSize && bytes.HasPrefix(head, []byte(zfileMagic+"0x"))
}

// zfile unpacks a zlib stream with the header of an old joblib.
func (u *unpacker) zfile() error {
	head, err := u.read(len(zfileMagic) + zfileSize)
	if err != nil {
		return err
	}
	digits := strings.TrimSuffix(strings.TrimRight(string(head[len(zfileMagic)+2:]), " "), "L")
	want, err := strconv.ParseInt(digits, 16, 64)
	if err != nil {
		return fmt.Errorf("size: %w", err)
	}
	if next, err := u.in.Peek(1); err == nil && next[0] == ' ' {
		if _, err := u.in.Discard(1); err != nil {
			return err
		}
	}
	before := u.out.Size()
	if err := u.zlib(); err != nil {
		return err
	}
	if got := u.out.Size() - before; got != want {
		return fmt.Errorf("it says that the content has %d bytes, which has %d", want, got)
	}
	return nil
}
