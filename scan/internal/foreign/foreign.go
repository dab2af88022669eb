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
