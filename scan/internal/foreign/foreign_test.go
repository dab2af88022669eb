package foreign_test

import (
	"errors"
	"io"
	"testing"

	"quintain/scan/internal/foreign"
)

// TestCall proves that errors pass and panics become errors, those of the
// run-time included.
func TestCall(t *testing.T) {
	if err := foreign.Call(func() error { return nil }); err != nil {
		t.Errorf("Call = %v, want nil", err)
	}
	if err := foreign.Call(func() error { return io.EOF }); !errors.Is(err, io.EOF) || errors.Is(err, foreign.ErrPanic) {
		t.Errorf("Call = %v, want io.EOF", err)
	}
	var empty []byte
	for name, decode := range map[string]func() error{
		"panic": func() error { panic("lost") },
		"index": func() error { return errors.New(string(empty[len(empty)])) },
	} {
		if err := foreign.Call(decode); !errors.Is(err, foreign.ErrPanic) {
			t.Errorf("%s: Call = %v, want %v", name, err, foreign.ErrPanic)
		}
	}
}

// slow gives a byte after some reads that give nothing.
type slow struct{ left, every int }

func (s *slow) Read(p []byte) (int, error) {
	if s.left--; s.left%s.every != 0 {
		return 0, nil
	}
	if s.left <= 0 {
		return 0, io.EOF
	}
	return copy(p, "x"), nil
}

// TestReader proves that a decoder may be slow, but not for ever.
func TestReader(t *testing.T) {
	if b, err := io.ReadAll(foreign.Reader(&slow{left: 151, every: 50})); err != nil || len(b) != 3 {
		t.Errorf("a slow decoder: %d bytes, %v; want 3", len(b), err)
	}
	if _, err := io.ReadAll(foreign.Reader(&slow{left: 1 << 40, every: 1 << 39})); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("one that gives nothing: %v, want %v", err, io.ErrNoProgress)
	}
}
