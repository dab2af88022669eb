// Package wire reads messages of protocol buffers field by field, through a
// window, and believes no length that they claim.
package wire

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/scan"
)

// A Field is one field of a message.
type Field struct {
	Num    protowire.Number
	Wire   protowire.Type
	At     int64  // offset of the field
	Number uint64 // of a varint
	Off, N int64  // of the bytes of anything else
}

// Fields calls on for every field of a message that lies from off to end. The
// kind names the message in errors, which carry the offset of the field.
func Fields(w *scan.Window, kind string, off, end int64, on func(Field) error) error {
	for off < end {
		b, err := w.UpTo(off, 2*10)
		if err != nil {
			return scan.Errorf(off, "%w", err)
		}
		b = b[:min(int64(len(b)), end-off)]
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return scan.Errorf(off, "field of a %s: %w", kind, protowire.ParseError(n))
		}
		f := Field{Num: num, Wire: typ, At: off, Off: off + int64(n)}
		if err := f.value(b[n:], end); err != nil {
			return scan.Errorf(off, "field %d of a %s: %w", num, kind, err)
		}
		off = f.Off + f.N
		if err := on(f); err != nil {
			return err
		}
	}
	return nil
}

// value reads the value of a field of a message that ends at end; b begins
// behind the tag.
func (f *Field) value(b []byte, end int64) error {
	switch f.Wire {
	case protowire.Fixed32Type:
		f.N = 4
	case protowire.Fixed64Type:
		f.N = 8
	case protowire.VarintType, protowire.BytesType:
		v, k := protowire.ConsumeVarint(b)
		if k < 0 {
			return protowire.ParseError(k)
		}
		f.Off += int64(k)
		if f.Wire == protowire.VarintType {
			f.Number = v
			return nil
		}
		if v > 1<<62 {
			return fmt.Errorf("a length of %d", v)
		}
		f.N = int64(v)
	default: // groups, which nobody writes
		return fmt.Errorf("wire type %d", f.Wire)
	}
	if f.N > end-f.Off {
		return fmt.Errorf("%d bytes where %d are left", f.N, end-f.Off)
	}
	return nil
}
