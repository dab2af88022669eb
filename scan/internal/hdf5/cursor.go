package hdf5

import (
	"encoding/binary"
	"math"
	"slices"
)

// undefined is the address of nothing.
const undefined = int64(-1)

// A cursor decodes a structure from front to back. After an error it yields
// zeros; the error is in err.
type cursor struct {
	f   *file
	b   []byte
	i   int
	off int64 // of b in the file
	err error
}

// pos is the offset in the file of what is read next.
func (c *cursor) pos() int64 { return c.off + int64(c.i) }

func (c *cursor) left() int { return len(c.b) - c.i }

// bytes returns the next n bytes.
func (c *cursor) bytes(n int) []byte {
	if c.err == nil && (n < 0 || n > c.left()) {
		c.err = at(c.pos(), "a structure ends early")
	}
	if c.err != nil {
		return nil
	}
	c.i += n
	return c.b[c.i-n : c.i : c.i]
}

// sub returns a cursor on the next n bytes.
func (c *cursor) sub(n int) *cursor {
	off := c.pos()
	return &cursor{f: c.f, b: c.bytes(n), off: off, err: c.err}
}

// skip passes n bytes.
func (c *cursor) skip(n int) { c.bytes(n) }

// uint returns the next number of n bytes, at most 8.
func (c *cursor) uint(n int) uint64 {
	var b [8]byte
	copy(b[:], c.bytes(n))
	return binary.LittleEndian.Uint64(b[:])
}

// u8, u16 and u32 return the next number of 1, 2 and 4 bytes.
func (c *cursor) u8() int    { return int(c.uint(1)) }   // 1 byte
func (c *cursor) u16() int   { return int(c.uint(2)) }   // 2 bytes
func (c *cursor) u32() int64 { return int64(c.uint(4)) } // 4 bytes

// size returns the next number that counts n bytes of something.
func (c *cursor) size(n int) int64 {
	v := c.uint(n)
	if v > math.MaxInt64 {
		if c.err == nil {
			c.err = at(c.pos(), "a length of %d bytes", v)
		}
		return 0
	}
	return int64(v)
}

// length returns the next length.
func (c *cursor) length() int64 { return c.size(c.f.lenSize) }

// addr returns the next address, which may be undefined.
func (c *cursor) addr() int64 {
	v := c.uint(c.f.offSize)
	switch {
	case v == math.MaxUint64>>(64-8*c.f.offSize):
		return undefined
	case v > math.MaxInt64:
		if c.err == nil {
			c.err = at(c.pos(), "address 0x%x", v)
		}
		return undefined
	}
	return int64(v)
}

// version reads a byte that must be one of the given versions.
func (c *cursor) version(what string, known ...int) int {
	off := c.pos()
	v := c.u8()
	if !slices.Contains(known, v) && c.err == nil {
		c.err = at(off, "version %d of a %s is not known", v, what)
	}
	return v
}
