package pickle_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/pickle"
)

// dump returns the pickle of a dict of n entries like those that CPython
// writes: every string and container goes into the memo.
func dump(n int) []byte {
	var b bytes.Buffer
	text := func(s string) { b.WriteString("\x8c" + string(rune(len(s))) + s + "\x94") }
	b.WriteString("\x80\x04}\x94(")
	for i := range n {
		text(fmt.Sprintf("k%d", i))
		b.WriteString("]\x94(J")
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(i)))
		b.WriteString("G????????")
		text(fmt.Sprintf("s%d", i))
		b.WriteString("K\x07\x88N\x87\x94}\x94(h\x01K\x01h\x02]\x94K\x02aue")
	}
	b.WriteString("u.")
	return b.Bytes()
}

func BenchmarkPickle(b *testing.B) {
	data := dump(100_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		fs, err := scan.Inspect(b.Context(), "m.pkl", bytes.NewReader(data), int64(len(data)), pickle.Format)
		if err != nil || len(fs) != 1 || fs[0].Outcome != quintain.Pass {
			b.Fatalf("findings %v, %v, want one pass", fs, err)
		}
	}
}

// TestMemory proves that memory does not grow with the number of opcodes, but
// for two bytes for each entry of the memo.
func TestMemory(t *testing.T) {
	allocs := func(n int) float64 {
		data := dump(n)
		return testing.AllocsPerRun(1, func() {
			if _, err := scan.Inspect(t.Context(), "m.pkl", bytes.NewReader(data), int64(len(data)), pickle.Format); err != nil {
				t.Fatal(err)
			}
		})
	}
	small, large := allocs(20_000), allocs(120_000)
	if grown := large - small; grown > 2000 {
		t.Errorf("100,000 more entries of 20 opcodes take %.0f more allocations (%.0f and %.0f), want a few for each thousand entries of the memo", grown, small, large)
	}
}
