package rdata

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"quintain/scan"
)

const (
	maxDepth   = 2000     // objects inside each other
	maxObjects = 64 << 20 // in one file
	maxText    = 4096     // of a name that is looked at
	maxRefs    = 1 << 20  // names and environments
)

// A reader reads a stream of R from front to back and builds nothing.
type reader struct {
	ctx      context.Context //nolint:containedctx // one reader serves one call of Inspect
	f        *scan.File
	w        *scan.Window
	encoding byte
	off      int64

	objects int
	refs    []string // names; of environments and the like ""
	numbers int64    // bytes of vectors
	facts   map[string]int
	told    map[string]bool

	code  int              // how many functions and calls are open
	names map[string]int64 // of functions in open code, and where
}

// fail places an error.
func (x *reader) fail(format string, args ...any) error { return scan.Errorf(x.off, format, args...) }

// take returns the next n bytes, at most scan.MaxBytes.
func (x *reader) take(n int) ([]byte, error) {
	b, err := x.w.Bytes(x.off, n)
	if err != nil {
		return nil, x.fail("the stream ends inside an object")
	}
	x.off += int64(n)
	return b, nil
}

// line returns the next line of a stream in text.
func (x *reader) line() (string, error) {
	b, err := x.w.UpTo(x.off, 256)
	if err != nil {
		return "", x.fail("the stream ends inside an object")
	}
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return "", x.fail("a line without an end")
	}
	s := string(b[:i])
	x.off += int64(i) + 1
	return s, nil
}

// integer reads a number of 32 bits.
func (x *reader) integer() (int32, error) {
	if x.encoding == encodingASCII {
		s, err := x.line()
		if err != nil {
			return 0, err
		}
		if s == "NA" {
			return -1 << 31, nil
		}
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return 0, x.fail("a line that is no number")
		}
		return int32(n), nil
	}
	b, err := x.take(4)
	if err != nil {
		return 0, err
	}
	if x.encoding == encodingBinary {
		return int32(binary.LittleEndian.Uint32(b)), nil //nolint:gosec // the sign is part of the format
	}
	return int32(binary.BigEndian.Uint32(b)), nil //nolint:gosec // the sign is part of the format
}

// length reads the length of a vector, which is two numbers if it is long.
func (x *reader) length() (int64, error) {
	n, err := x.integer()
	if err != nil || n >= 0 {
		return int64(n), err
	}
	if n != -1 {
		return 0, x.fail("a vector of %d elements", n)
	}
	high, err := x.integer()
	if err != nil {
		return 0, err
	}
	low, err := x.integer()
	if err != nil || high < 0 || high > 1<<16 {
		return 0, x.fail("a vector that is too long")
	}
	return int64(high)<<32 | int64(uint32(low)), nil //nolint:gosec // the low half of the length
}

// vector passes the numbers of a vector: n elements of so many bytes, each of
// which is so many lines in text.
func (x *reader) vector(n int64, width, lines int64) error {
	if x.encoding == encodingASCII {
		begin := x.off
		for range n * lines {
			if _, err := x.line(); err != nil {
				return err
			}
		}
		x.numbers += x.off - begin
		return x.ctx.Err()
	}
	if n > (x.f.Size()-x.off)/width {
		return x.fail("a vector of %d elements in a stream with %s left", n, scan.Count(x.f.Size()-x.off, "byte"))
	}
	x.off += n * width
	x.numbers += n * width
	return x.ctx.Err()
}

// text reads a string of n bytes and returns the beginning of it.
func (x *reader) text(n int32) (string, error) {
	if n == -1 {
		return "NA", nil
	}
	if n < 0 || int64(n) > x.f.Size()-x.off {
		return "", x.fail("a text of %d bytes in a stream with %s left", n, scan.Count(x.f.Size()-x.off, "byte"))
	}
	if x.encoding == encodingASCII {
		return x.escaped(n)
	}
	b, err := x.w.Bytes(x.off, int(min(n, maxText)))
	if err != nil {
		return "", x.fail("%w", err)
	}
	s := string(b)
	x.off += int64(n)
	return s, nil
}

// escapes are the letters that stand for one byte behind a backslash.
var escapes = map[byte]byte{'n': '\n', 't': '\t', 'v': '\v', 'b': '\b', 'r': '\r', 'f': '\f', 'a': '\a', '\\': '\\', '?': '?', '\'': '\'', '"': '"'}

// escaped reads a string of n bytes as it is written in text.
func (x *reader) escaped(n int32) (string, error) {
	var out []byte
	for range n {
		c, err := x.char()
		if err != nil {
			return "", err
		}
		if len(out) < maxText {
			out = append(out, c)
		}
	}
	b, err := x.take(1)
	if err == nil && b[0] != '\n' {
		err = x.fail("a text that is longer than it says")
	}
	return string(out), err
}

// char reads one byte of a string in text.
func (x *reader) char() (byte, error) {
	b, err := x.w.UpTo(x.off, 4)
	if err != nil || len(b) == 0 || b[0] == '\\' && len(b) < 2 {
		return 0, x.fail("the stream ends inside a text")
	}
	if b[0] != '\\' {
		x.off++
		return b[0], nil
	}
	if c, ok := escapes[b[1]]; ok {
		x.off += 2
		return c, nil
	}
	k, v := 1, 0
	for k < len(b) && b[k] >= '0' && b[k] <= '7' {
		v = v<<3 | int(b[k]-'0')
		k++
	}
	if k == 1 || v > 255 {
		return 0, x.fail("an escape that R does not write")
	}
	x.off += int64(k)
	return byte(v), nil
}

// stream reads the head of a stream and the object in it.
func (x *reader) stream() error {
	version, err := x.integer()
	if err != nil {
		return err
	}
	for range 2 { // the versions of R that wrote it and that can read it
		if _, err := x.integer(); err != nil {
			return err
		}
	}
	if version == 3 {
		n, err := x.integer()
		if err != nil {
			return err
		}
		if n < 0 || n > 64 {
			return x.fail("an encoding with a name of %d bytes", n)
		}
		if _, err := x.text(n); err != nil {
			return err
		}
	}
	err = x.item(0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
