package pages_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"quintain/scan/internal/pages"
)

func free(int64) error { return nil }

// TestReadAt reads at every offset around the borders of pages.
func TestReadAt(t *testing.T) {
	want := make([]byte, 150_000)
	for i := range want {
		want[i] = byte(i * 7)
	}
	p := pages.New(t.Context(), 1<<20, free, nil)
	for rest := want; len(rest) > 0; rest = rest[min(len(rest), 777):] {
		if _, err := p.Write(rest[:min(len(rest), 777)]); err != nil {
			t.Fatal(err)
		}
	}
	for _, off := range []int{0, 1, 65_535, 65_536, 65_537, 131_071, 149_999, 150_000} {
		b := make([]byte, 70_000)
		n, err := p.ReadAt(b, int64(off))
		if !bytes.Equal(b[:n], want[off:min(len(want), off+len(b))]) || (n < len(b)) != errors.Is(err, io.EOF) {
			t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
		}
	}
	if _, err := p.ReadAt(nil, -1); err == nil {
		t.Error("ReadAt(-1) = nil, want an error")
	}
}

// TestLimit proves that pages keep what fits and refuse the rest, whoever sets
// the limit: the size, the packed bytes that were read, or the shared budget.
func TestLimit(t *testing.T) {
	broke := errors.New("broke")
	for name, test := range map[string]struct {
		limit int64
		spend func(int64) error
		read  func() int64
		size  int64
		err   error
	}{
		"size":   {limit: 1000, spend: free, size: 1000, err: pages.ErrLimit},
		"read":   {limit: 1 << 40, spend: free, read: func() int64 { return 10 }, size: 16 << 20, err: pages.ErrLimit},
		"budget": {limit: 1 << 40, spend: func(int64) error { return broke }, size: 0, err: broke},
	} {
		p := pages.New(t.Context(), test.limit, test.spend, test.read)
		_, err := p.Write(make([]byte, 20<<20))
		if !errors.Is(err, test.err) || p.Size() != test.size || !p.Full() {
			t.Errorf("%s: Write = %v with %d bytes kept, want %v and %d", name, err, p.Size(), test.err, test.size)
		}
		if _, again := p.Write([]byte("x")); !errors.Is(again, test.err) {
			t.Errorf("%s: the next Write = %v, want %v again", name, again, test.err)
		}
	}
}
