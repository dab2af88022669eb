package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }

// TestCut cuts a good file at every byte. None of the pieces passes, but for
// those that lack only zeros after the last tensor.
func TestCut(t *testing.T) {
	data, err := os.ReadFile("testdata/little.gguf")
	if err != nil {
		t.Fatal(err)
	}
	whole := len(bytes.TrimRight(data, "\x00"))
	for n := range len(data) + 1 {
		for _, f := range scantest.Bytes(t, data[:n], Format) {
			if pass := f.Outcome == quintain.Pass; pass != (n >= whole) {
				t.Errorf("the first %d of %d bytes: %s %s", n, len(data), f.Outcome, f.Summary)
			}
		}
	}
}

// TestFlipped gives each byte of a good file other values. Where the file
// passes all the same, its bytes are explained: the scanner neither panics nor
// loses count.
func TestFlipped(t *testing.T) {
	data, err := os.ReadFile("testdata/big.gguf")
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		for _, bit := range []byte{1, 0x80, 0xff} {
			data[i] ^= bit
			for _, f := range scantest.Bytes(t, data, Format) {
				if err := f.Validate(); err != nil || bytes.Contains([]byte(f.Summary), []byte("internal error")) || bytes.Contains([]byte(f.Summary), []byte("explained")) {
					t.Errorf("byte %d ^ %#x: %s, %v", i, bit, f.Summary, err)
				}
			}
			data[i] ^= bit
		}
	}
}

// TestFacts compares what is said about a file with what its writer put in.
func TestFacts(t *testing.T) {
	data, err := os.ReadFile("testdata/little.gguf")
	if err != nil {
		t.Fatal(err)
	}
	got := scantest.Bytes(t, data, Format)[0].Evidence[0].Summary
	const want = "version 3; architecture llama; name tiny; license apache-2.0; tensors 3; parameters 99; quantization Q8_0; templates 2"
	if !bytes.Contains([]byte(got), []byte(want)) {
		t.Errorf("evidence %q, want in it %q", got, want)
	}
}

// model returns a file with the metadata of a large model: a vocabulary of
// 150,000 tokens and 1,000 tensors.
func model() []byte {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	const tokens, tensors = 150_000, 1_000
	b := le.AppendUint32([]byte(magic), 3)
	b = le.AppendUint64(le.AppendUint64(b, tensors), 1)
	b = le.AppendUint32(text(b, "tokenizer.ggml.tokens"), uint32(typeArray))
	b = le.AppendUint64(le.AppendUint32(b, uint32(typeString)), tokens)
	for i := range tokens {
		b = text(b, fmt.Sprintf("tok%d", i))
	}
	for i := range uint64(tensors) {
		b = le.AppendUint32(text(b, fmt.Sprintf("blk.%d.weight", i)), 1)
		b = le.AppendUint32(le.AppendUint64(b, 1024), 0)
		b = le.AppendUint64(b, i*4096)
	}
	b = append(b, make([]byte, -len(b)&31)...)
	return append(b, make([]byte, tensors*4096)...)
}

func BenchmarkInspect(b *testing.B) {
	data := model()
	b.SetBytes(int64(len(data)) - 1_000*4096) // the data of tensors is not read
	b.ReportAllocs()
	for b.Loop() {
		got, err := scan.Inspect(b.Context(), "model.gguf", bytes.NewReader(data), int64(len(data)), Format)
		if err != nil || got[0].Outcome != quintain.Pass {
			b.Fatal(got, err)
		}
	}
}
