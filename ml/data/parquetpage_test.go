package data

import (
	"encoding/binary"
	"errors"
	"testing"
)

// file wraps a footer as a Parquet file.
func file(footer ...byte) []byte {
	b := append([]byte("PAR1"), footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, "PAR1"...)
}

// A footer whose lists claim more than there is, or that nests too deep, is
// refused before anything is made for it.
func TestFooter(t *testing.T) {
	deep := make([]byte, 64)
	for i := range deep {
		deep[i] = 0x1c // a structure in the next field
	}
	for name, b := range map[string][]byte{
		"long list":  file(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0),
		"no end":     file(0x15, 0x02),
		"deep":       file(deep...),
		"map":        file(0x1b, 0),
		"size":       append(file(0)[:5], 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'),
		"long text":  file(0x18, 0xff, 0xff, 0x03, 0),
		"huge count": file(0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0),
	} {
		if err := checkFooter(b); !errors.Is(err, errFooter) {
			t.Errorf("%s: %v, want %v", name, err, errFooter)
		}
	}
	if err := checkFooter(file(0x15, 0x02, 0x19, 0x2c, 0x15, 0x04, 0, 0x15, 0x06, 0, 0)); err != nil {
		t.Errorf("a number and a list of two structures: %v", err)
	}
}

// A column whose pages say that they are larger, or hold more, than the file
// declares is refused.
func TestPages(t *testing.T) {
	header := func(size, compressed, values byte) []byte {
		return []byte{0x15, 0, 0x15, 2 * size, 0x15, 2 * compressed, 0x2c, 0x15, 2 * values, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0}
	}
	body := make([]byte, 8)
	honest := append(header(8, 8, 2), body...)
	if err := checkColumn(honest, int64(len(honest)), 2); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    []byte
		size int64
		rows int64
	}{
		"more bytes":   {append(header(60, 8, 2), body...), int64(len(honest)), 2},
		"beyond":       {append(header(8, 9, 2), body...), int64(len(honest)), 2},
		"more values":  {append(header(8, 8, 3), body...), int64(len(honest)), 2},
		"two pages":    {append(honest, honest...), 2 * int64(len(honest)), 3},
		"negative":     {append([]byte{0x15, 0, 0x15, 1, 0x15, 16, 0}, body...), int64(len(honest)), 2},
		"broken":       {[]byte{0x15}, 100, 2},
		"nothing else": {[]byte{0xff, 0xff}, 100, 2},
	} {
		if err := checkColumn(c.b, c.size, c.rows); !errors.Is(err, errPage) {
			t.Errorf("%s: %v, want %v", name, err, errPage)
		}
	}
}

// FuzzThrift walks whatever bytes there are, and comes to an end.
func FuzzThrift(f *testing.F) {
	f.Add([]byte{0x19, 0x2c, 0x15, 0x04, 0, 0x15, 0x06, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &thrift{b: b}
		r.skip(thriftStruct, 0)
		if r.at > len(b) {
			t.Errorf("read to %d of %d", r.at, len(b))
		}
		r = &thrift{b: b}
		r.page()
		if r.at > len(b) {
			t.Errorf("read to %d of %d", r.at, len(b))
		}
	})
}
