// Package foreign is the border to decoders that were not written for hostile
// bytes.
//
// Its caller has read the headers itself before, and has refused what they
// declare beyond measure, so that the decoder allocates no more than was
// agreed to. What is left are mistakes in the decoder, and a mistake in a
// decoder is a property of the file: not the end of the scan, and no pass.
package foreign

import (
	"errors"
	"fmt"
	"io"
)

// ErrPanic is what a decoder that panicked is said to have returned.
var ErrPanic = errors.New("the decoder gave up on it")

// Call calls a decoder and turns a panic into an error, which wraps
// [ErrPanic]. It recovers in its own goroutine only: a decoder that starts
// others has no business behind this border.
func Call(decode func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %v", ErrPanic, v)
		}
	}()
	return decode()
}

// idle is how many reads in a row may give nothing.
const idle = 100

// Reader returns r with no method but Read, and with an end to reads that give
// neither bytes nor an error: after a hundred of them comes
// [io.ErrNoProgress]. Who copies from a decoder would wait for ever.
func Reader(r io.Reader) io.Reader { return &reader{r: r} }

type reader struct {
	r     io.Reader
	empty int
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if n > 0 || err != nil || len(p) == 0 {
		r.empty = 0
		return n, err
	}
	if r.empty++; r.empty >= idle {
		return 0, io.ErrNoProgress
	}
	return 0, nil
}
