package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/ml/graph"
)

// The types of elements, as ONNX numbers them.
const (
	typeFloat    = 1
	typeUint8    = 2
	typeInt8     = 3
	typeInt32    = 6
	typeInt64    = 7
	typeBool     = 9
	typeFloat16  = 10
	typeDouble   = 11
	typeBFloat16 = 16
)

// raw is a tensor as the file has it.
type raw struct {
	name    string
	shape   []int
	typ     int
	bytes   []byte   // little-endian elements, or
	numbers []uint64 // one for each element
	packed  bool     // which of the two
	outside bool     // the elements are in another file
}

func tensor(b []byte) (name string, t *graph.Tensor, err error) {
	var r raw
	err = fields(b, func(num int, v value) error {
		switch num {
		case 1:
			dims, err := repeated(v, 0)
			for _, d := range dims {
				if d > math.MaxInt32 || len(r.shape) == maxDepth {
					return fmt.Errorf("%w: a tensor of that shape", graph.ErrTooLarge)
				}
				r.shape = append(r.shape, int(d))
			}
			return err
		case 2:
			r.typ = int(min(v.num, math.MaxInt32))
		case 4, 5, 7, 10:
			return r.add(v, width(num))
		case 8:
			r.name = string(v.bytes)
		case 9:
			r.bytes, r.packed = v.bytes, true
		case 13:
			r.outside = true
		case 14:
			r.outside = r.outside || v.num != 0
		}
		return nil
	})
	if err != nil {
		return r.name, nil, err
	}
	t, err = r.tensor()
	return r.name, t, err
}

// width returns how many bytes a number of a field takes; 0 is a varint.
func width(num int) int {
	switch num {
	case 4:
		return 4
	case 10:
		return 8
	}
	return 0
}

func (r *raw) add(v value, width int) error {
	n, err := repeated(v, width)
	r.numbers = append(r.numbers, n...)
	return err
}

// repeated returns the numbers of a repeated field, packed or not.
func repeated(v value, width int) ([]uint64, error) {
	if v.bytes == nil {
		return []uint64{v.num}, nil
	}
	b := v.bytes
	var out []uint64
	for len(b) > 0 {
		var x uint64
		n := 0
		switch width {
		case 4:
			var y uint32
			y, n = protowire.ConsumeFixed32(b)
			x = uint64(y)
		case 8:
			x, n = protowire.ConsumeFixed64(b)
		default:
			x, n = protowire.ConsumeVarint(b)
		}
		if n < 0 {
			return nil, fmt.Errorf("%w: %w", ErrFormat, protowire.ParseError(n))
		}
		out, b = append(out, x), b[n:]
	}
	return out, nil
}

// elementSize returns the number of bytes of an element of a type.
func elementSize(typ int) int {
	switch typ {
	case typeUint8, typeInt8, typeBool:
		return 1
	case typeFloat16, typeBFloat16:
		return 2
	case typeFloat, typeInt32:
		return 4
	case typeInt64, typeDouble:
		return 8
	}
	return 0
}

// tensor checks r and converts its elements.
func (r *raw) tensor() (*graph.Tensor, error) {
	size := elementSize(r.typ)
	switch {
	case r.outside:
		return nil, fmt.Errorf("weights in another file: %w", graph.ErrUnsupported)
	case size == 0:
		return nil, fmt.Errorf("elements of type %d: %w", r.typ, graph.ErrUnsupported)
	}
	if r.packed {
		if len(r.bytes)%size != 0 {
			return nil, fmt.Errorf("%w: %d bytes are no elements of %d", ErrFormat, len(r.bytes), size)
		}
		r.numbers = make([]uint64, len(r.bytes)/size)
		for i := range r.numbers {
			r.numbers[i] = little(r.bytes[i*size:], size)
		}
	}
	want := 1
	for _, d := range r.shape {
		if d > 0 && want > math.MaxInt32/d {
			return nil, fmt.Errorf("%w: a tensor of shape %v", graph.ErrTooLarge, r.shape)
		}
		want *= d
	}
	if want != len(r.numbers) {
		return nil, fmt.Errorf("%w: %d elements for shape %v", ErrFormat, len(r.numbers), r.shape)
	}
	return r.convert(), nil
}

func (r *raw) convert() *graph.Tensor {
	t := &graph.Tensor{Shape: r.shape}
	switch r.typ {
	case typeFloat, typeFloat16, typeBFloat16, typeDouble:
		t.Float = make([]float32, len(r.numbers))
		for i, x := range r.numbers {
			t.Float[i] = float(x, r.typ)
		}
	default:
		t.Int = make([]int64, len(r.numbers))
		for i, x := range r.numbers {
			t.Int[i] = integer(x, r.typ)
		}
	}
	return t
}

func little(b []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

func integer(x uint64, typ int) int64 {
	switch typ {
	case typeInt8:
		return int64(int8(x))
	case typeInt32:
		return int64(int32(x))
	}
	return int64(x)
}

func float(x uint64, typ int) float32 {
	switch typ {
	case typeFloat16:
		return half(uint16(x))
	case typeBFloat16:
		return math.Float32frombits(uint32(x) << 16)
	case typeDouble:
		return float32(math.Float64frombits(x))
	}
	return math.Float32frombits(uint32(x))
}

// half converts a number of sixteen bits.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, int(h>>10&31), uint32(h&1023)
	switch exp {
	case 0:
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | uint32(exp-15+127)<<23 | frac<<13)
}
