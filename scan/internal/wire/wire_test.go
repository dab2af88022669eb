package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/scan"
	"quintain/scan/internal/wire"
)

// read returns the fields of a message as text, and the error.
func read(b []byte) (string, error) {
	var out []string
	err := wire.Fields(scan.NewWindow(bytes.NewReader(b), int64(len(b))), "message", 0, int64(len(b)), func(f wire.Field) error {
		out = append(out, fmt.Sprintf("%d@%d=%d/%d+%d", f.Num, f.At, f.Number, f.Off, f.N))
		return nil
	})
	return strings.Join(out, " "), err
}

func TestFields(t *testing.T) {
	var b []byte
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, 300)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendBytes(b, []byte("text"))
	b = protowire.AppendTag(b, 3, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, 7)
	b = protowire.AppendTag(b, 40, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, 7)
	got, err := read(b)
	if want := "1@0=300/3+0 2@3=0/5+4 3@9=0/10+4 40@14=0/16+8"; err != nil || got != want {
		t.Errorf("Fields() gives %q, %v, want %q", got, err, want)
	}
	for n := range len(b) { // cut anywhere but between fields
		whole := n == 0 || n == 3 || n == 9 || n == 14
		if _, err := read(b[:n]); (err == nil) != whole {
			t.Errorf("cut at %d: %v, want an error is %v", n, err, !whole)
		}
	}
}

func TestFieldsRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"group":                 protowire.AppendTag(nil, 1, protowire.StartGroupType),
		"field zero":            {0x00, 0x01},
		"length beyond memory":  append(protowire.AppendTag(nil, 1, protowire.BytesType), protowire.AppendVarint(nil, 1<<63)...),
		"length beyond the end": append(protowire.AppendTag(nil, 1, protowire.BytesType), protowire.AppendVarint(nil, 9)...),
		"endless number":        bytes.Repeat([]byte{0x80}, 30),
	} {
		if _, err := read(b); err == nil {
			t.Errorf("%s: Fields() = nil, want an error", name)
		}
	}
}
