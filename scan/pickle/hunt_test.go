package pickle

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"quintain"
)

// noise is an endless file of random bytes: every page of it is the same
// function of its number.
type noise struct{}

func (noise) ReadAt(p []byte, off int64) (int, error) {
	const page = 4096
	for n := 0; n < len(p); {
		at := off + int64(n)
		r := rand.New(rand.NewPCG(7, uint64(at/page)))
		for i := at % page &^ 7; i < page && n < len(p); i += 8 {
			v := r.Uint64()
			for k := i; k < i+8 && n < len(p); k++ {
				if k >= at%page {
					p[n] = byte(v >> (8 * (k - i)))
					n++
				}
			}
		}
	}
	return len(p), nil
}

const payload = "\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."

// TestNoise proves that random bytes raise no alarm, and that a pickle in them
// does.
func TestNoise(t *testing.T) {
	const size = 32 << 20
	got, err := search(t.Context(), noise{}, size)
	if err != nil || len(got) > 0 {
		t.Errorf("Hunt of random bytes = %v, %v, want nothing", got, err)
	}
	b := make([]byte, 1<<20)
	_, _ = noise{}.ReadAt(b, 0)
	for _, off := range []int{0, 1, 4095, huntBuffer - 10, huntBuffer - huntAhead, huntBuffer, 3*huntBuffer - 7, len(b) - len(payload)} {
		data := bytes.Clone(b)
		copy(data[off:], payload)
		got, err := search(t.Context(), bytes.NewReader(data), int64(len(data)))
		if err != nil || len(got) != 1 || got[0].Offset != int64(off) || got[0].Severity != quintain.High {
			t.Errorf("Hunt with a pickle at %d = %v, %v, want it", off, got, err)
		}
	}
}

// TestEverywhere proves that data that looks like pickles everywhere ends in
// an error and not in work without end.
func TestEverywhere(t *testing.T) {
	for name, part := range map[string]string{
		"protocols": "\x80\x02",
		"short":     "\x80\x02N\xff",
		"long":      "\x80\x02B\xff\xff\x01\x00",
	} {
		data := bytes.Repeat([]byte(part), 8<<20/len(part))
		_, err := search(t.Context(), bytes.NewReader(data), int64(len(data)))
		if err != errWork { //nolint:errorlint // never wrapped
			t.Errorf("%s: search = %v, want %v", name, err, errWork)
		}
	}
}

func TestHuntShort(t *testing.T) {
	if _, err := search(t.Context(), strings.NewReader("abc"), 9); err == nil {
		t.Error("a file that is shorter than it says raises no error")
	}
	if got, err := search(t.Context(), strings.NewReader(""), 0); err != nil || got != nil {
		t.Errorf("Hunt of nothing = %v, %v", got, err)
	}
}

func FuzzHunt(f *testing.F) {
	f.Add([]byte(payload), 3)
	f.Add([]byte("x(S'a'\nios\nsystem\n."), 1)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		if _, err := search(t.Context(), bytes.NewReader(data), int64(len(data))); err != nil && err != errWork { //nolint:errorlint // never wrapped
			t.Fatal(err)
		}
		at = max(0, min(at, len(data)))
		whole := append(append(bytes.Clone(data[:at]), payload...), data[at:]...)
		got, err := search(t.Context(), bytes.NewReader(whole), int64(len(whole)))
		if err == nil && len(got) == 0 {
			t.Fatalf("the pickle at %d is not found", at)
		}
	})
}

func BenchmarkHunt(b *testing.B) {
	data := make([]byte, 16<<20)
	if _, err := io.ReadFull(io.NewSectionReader(noise{}, 0, int64(len(data))), data); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if got, err := search(b.Context(), bytes.NewReader(data), int64(len(data))); err != nil || got != nil {
			b.Fatal(got, err)
		}
	}
}
