package gguf

import (
	"encoding/binary"

	"quintain/scan"
)

// A cursor reads numbers and texts forward.
type cursor struct {
	w     *scan.Window
	off   int64
	order binary.ByteOrder
	wide  bool // counts have eight bytes; four in version 1
}

// take returns the next n bytes. They are valid until the next call.
func (c *cursor) take(n int) ([]byte, error) {
	b, err := c.w.Bytes(c.off, n)
	if err != nil {
		return nil, scan.Errorf(c.off, "the file ends or cannot be read here: %w", err)
	}
	c.off += int64(n)
	return b, nil
}

func (c *cursor) uint32() (uint32, error) {
	b, err := c.take(4)
	if err != nil {
		return 0, err
	}
	return c.order.Uint32(b), nil
}

func (c *cursor) uint64() (uint64, error) {
	b, err := c.take(8)
	if err != nil {
		return 0, err
	}
	return c.order.Uint64(b), nil
}

// count reads a number of things.
func (c *cursor) count() (uint64, error) {
	if c.wide {
		return c.uint64()
	}
	n, err := c.uint32()
	return uint64(n), err
}

// rest returns the number of bytes that are left.
func (c *cursor) rest() uint64 { return uint64(c.w.Size() - c.off) }
