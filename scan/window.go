package scan

import (
	"fmt"
	"io"
)

// windowSize is what a [Window] holds at once.
const windowSize = 64 << 10

// A Window reads a file of any size through a buffer of a fixed one. It suits
// formats that read forward and look back a little.
type Window struct {
	r    io.ReaderAt
	size int64
	base int64 // offset of the first byte of the buffer
	have int   // bytes of the buffer that are filled
	buf  []byte
}

// NewWindow returns a Window on the first size bytes of r.
func NewWindow(r io.ReaderAt, size int64) *Window {
	return &Window{r: r, size: size, buf: make([]byte, min(windowSize, size))}
}

// Size returns the number of bytes that can be read.
func (w *Window) Size() int64 { return w.size }

// MaxBytes is the most that [Window.Bytes] returns at once.
const MaxBytes = windowSize / 2

// Bytes returns n bytes from an offset, at most [MaxBytes]. They are valid
// until the next call. It returns [io.ErrUnexpectedEOF] if the file ends
// before.
func (w *Window) Bytes(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || n > MaxBytes {
		return nil, fmt.Errorf("read of %d bytes at %d", n, off)
	}
	if off > w.size || int64(n) > w.size-off {
		return nil, io.ErrUnexpectedEOF
	}
	if off < w.base || off+int64(n) > w.base+int64(w.have) {
		want := min(int64(len(w.buf)), w.size-off)
		w.base, w.have = off, 0
		got, err := w.r.ReadAt(w.buf[:want], off)
		if int64(got) < want {
			return nil, readError(err)
		}
		w.have = got
	}
	i := int(off - w.base)
	return w.buf[i : i+n : i+n], nil
}

// UpTo is like Bytes but returns fewer bytes at the end of the file.
func (w *Window) UpTo(off int64, n int) ([]byte, error) {
	if off < 0 || off > w.size {
		return nil, io.ErrUnexpectedEOF
	}
	return w.Bytes(off, int(min(int64(n), w.size-off)))
}

// readError makes sure that a short read is an error.
func readError(err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // ReadAt returns io.EOF itself
		return io.ErrUnexpectedEOF
	}
	return err
}
