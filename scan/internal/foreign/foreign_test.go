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
