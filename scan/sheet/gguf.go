package sheet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// A cursor reads the beginning of a GGUF file.
type cursor struct {
	b   []byte
	err error
}

var errShort = errors.New("the file ends within its header, or the header is larger than is read")

// failed returns the first error.
func (c *cursor) failed(err error) error {
	if c.err != nil {
		return c.err
	}
	return err
}

func (c *cursor) take(n uint64) []byte {
	if c.err != nil || n > uint64(len(c.b)) {
		c.err, c.b = c.failed(errShort), nil
		return make([]byte, min(n, 8))
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.take(8)) }

func (c *cursor) text() string {
	n := c.u64()
	if c.err != nil || n > uint64(len(c.b)) {
		c.err = c.failed(errShort)
		return ""
	}
	return string(c.take(n))
}

// ggufWidths are the sizes of values by their type; 8 is a text, 9 an array.
var ggufWidths = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

// value reads a value and returns it as text.
func (c *cursor) value(kind uint32, depth int) string {
	switch {
	case kind == 8:
		return c.text()
	case kind == 9 && depth < 4:
		elem, n := c.u32(), c.u64()
		if w, ok := ggufWidths[elem]; ok {
			if n > uint64(len(c.b))/w {
				c.err = c.failed(errShort)
				return ""
			}
			c.take(n * w)
			return fmt.Sprintf("%d values", n)
		}
		for range n {
			if c.value(elem, depth+1); c.err != nil {
				return ""
			}
		}
		return fmt.Sprintf("%d values", n)
	}
	w, ok := ggufWidths[kind]
	if !ok {
		c.err = c.failed(fmt.Errorf("a value of type %d", kind))
		return ""
	}
	b := c.take(w)
	var v uint64
	for i, x := range b {
		v |= uint64(x) << (8 * i)
	}
	if kind == 6 {
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(v))), 'g', -1, 32)
	}
	return strconv.FormatUint(v, 10)
}

// ggufTypes are the names of the types of tensors that are not quantized; the
// others are shown by their number.
var ggufTypes = map[uint32]string{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 30: "BF16"}

func readGGUF(s *Sheet, r io.ReaderAt, size int64) error {
	s.Format = "gguf"
	b, err := held(r, 0, min(size, maxHeld))
	if err != nil {
		return err
	}
	c := &cursor{b: b[min(4, len(b)):]}
	version := c.u32()
	if version&0xffff == 0 {
		return errors.New("a GGUF file for machines that write the highest byte first, which is not read")
	}
	s.Version = strconv.FormatUint(uint64(version), 10)
	tensors, pairs := c.u64(), c.u64()
	for range pairs {
		key := c.text()
		v := c.value(c.u32(), 0)
		if c.err != nil {
			return fmt.Errorf("metadata: %w", c.err)
		}
		if key == "tokenizer.chat_template" || strings.HasPrefix(key, "tokenizer.chat_template.") {
			s.Templates = append(s.Templates, Text{key, v[:min(len(v), maxText)]})
			continue
		}
		s.Facts[key] = v[:min(len(v), maxShown)]
	}
	if tensors > maxTensors {
		return fmt.Errorf("%d tensors are more than are listed", tensors)
	}
	for range tensors {
		t := Tensor{Name: c.text()}
		n := c.u32()
		if n > 8 {
			return fmt.Errorf("tensor %q has %d dimensions", t.Name, n)
		}
		for range n {
			// GGUF writes the fastest dimension first.
			t.Shape = append([]int64{int64(min(c.u64(), math.MaxInt64))}, t.Shape...)
		}
		kind := c.u32()
		t.DType = ggufTypes[kind]
		if t.DType == "" {
			t.DType = "type " + strconv.FormatUint(uint64(kind), 10)
		}
		c.u64()
		if c.err != nil {
			return fmt.Errorf("tensors: %w", c.err)
		}
		s.Tensors = append(s.Tensors, t)
	}
	return c.err
}
