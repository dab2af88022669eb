package torch

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// TestForward reads a packed member here and there and compares it with what
// was packed.
func TestForward(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	plain := make([]byte, 300_000)
	for i := range plain {
		plain[i] = byte(rng.IntN(5))
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 6)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var spent int64
	limit := int64(1) << 40
	r := &forward{
		spend: func(n int64) error {
			if spent += n; spent > limit {
				return errors.New("too much")
			}
			return nil
		},
		data: bytes.NewReader(packed.Bytes()), n: int64(packed.Len()), size: int64(len(plain)),
	}
	for range 300 {
		off, p := rng.IntN(len(plain)), make([]byte, rng.IntN(100_000))
		n, err := r.ReadAt(p, int64(off))
		want := plain[off:min(len(plain), off+len(p))]
		if !bytes.Equal(p[:n], want) || (n < len(p)) != errors.Is(err, io.EOF) {
			t.Fatalf("ReadAt(%d bytes, %d) = %d, %v, want the %d bytes that were packed", len(p), off, n, err, len(want))
		}
	}
	limit = spent + 1000
	if _, err := r.ReadAt(make([]byte, 200_000), 0); err == nil {
		t.Error("ReadAt = nil, want that it costs too much")
	}
}
