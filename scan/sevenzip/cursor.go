package sevenzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"quintain/scan"
)

// A cursor reads a header that is in memory. After the first error it reads
// zeros, so that callers ask for it once, at the end of a loop or a part.
type cursor struct {
	b   []byte
	off int
	err error
}

var errShort = errors.New("the header ends too early")

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// bytes returns the next n bytes.
func (c *cursor) bytes(n int) []byte {
	if c.err != nil || n < 0 || n > len(c.b)-c.off {
		c.fail(errShort)
		return nil
	}
	c.off += n
	return c.b[c.off-n : c.off]
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// number reads a number of variable length: the ones at the top of the first
// byte count the bytes that follow, and the rest of it is the highest digit.
func (c *cursor) number() uint64 {
	first := c.byte()
	n := bits.LeadingZeros8(^first)
	var v uint64
	for i, b := range c.bytes(n) {
		v |= uint64(b) << (8 * i)
	}
	if n < 7 {
		v |= uint64(first&(1<<(7-n)-1)) << (8 * n)
	}
	return v
}

// size reads a number of bytes.
func (c *cursor) size() int64 {
	n := c.number()
	if n > math.MaxInt64/4 {
		c.fail(fmt.Errorf("a size of %d bytes", n))
		return 0
	}
	return int64(n)
}

// count reads how many things follow, of which there may be most.
func (c *cursor) count(most int, what string) int {
	n := c.number()
	if n > uint64(most) {
		c.fail(fmt.Errorf("%w: %d %s", scan.ErrBudget, n, what))
		return 0
	}
	return int(n)
}

// expect reads one byte that must have a value.
func (c *cursor) expect(want byte, what string) {
	if got := c.byte(); got != want {
		c.fail(fmt.Errorf("%s: 0x%02x in place of 0x%02x", what, got, want))
	}
}

// bools reads n truth values, one bit each.
func (c *cursor) bools(n int) []bool {
	b := c.bytes((n + 7) / 8)
	if c.err != nil {
		return make([]bool, n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = b[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// optional reads n truth values that are often all true.
func (c *cursor) optional(n int) []bool {
	if c.byte() == 0 {
		return c.bools(n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// A sum is the CRC-32 of something, if the header states it.
type sum struct {
	known bool
	crc   uint32
}

// sums reads n checksums.
func (c *cursor) sums(n int) []sum {
	out := make([]sum, n)
	for i, known := range c.optional(n) {
		if known {
			out[i] = sum{true, c.uint32()}
		}
	}
	return out
}
