// Package numpy reads files of NumPy arrays, and finds those that hold a
// pickle or lie about their size.
package numpy

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"quintain"
	"quintain/scan"
)

//go:embed numpy.md
var doc string

// Format reports arrays whose headers are more than data, and hands arrays of
// objects to the format that reads pickles.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/numpy",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "LLM04:2026", "CWE-502", "CWE-770"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".npy"},
	Match:      func(_ string, head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) },
	Inspect:    inspect,
	Twin:       twin,
}

const magic = "\x93NUMPY"

// maxHeader is fifty times what NumPy accepts without being told to.
const maxHeader = 512 << 10

// twin is an array of two bytes with a third behind it.
func twin() (name string, data []byte) {
	h := fmt.Sprintf("%-117s\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }")
	return "twin.npy", append([]byte(magic+"\x01\x00\x76\x00"+h), 1, 2, 3)
}

func inspect(ctx context.Context, f *scan.File) error {
	text, off, err := readHeader(f)
	if err != nil {
		return err
	}
	start := off - int64(len(text))
	v, end, err := parse(text)
	if err != nil {
		severity, at := quintain.Medium, start
		if e := (*syntaxError)(nil); errors.As(err, &e) {
			at += int64(e.off)
			if e.name != "" {
				severity = quintain.High
			}
		}
		f.Reportf(severity, at, "the header is no plain literal: %v", err)
		return rest(ctx, f, off)
	}
	a, err := v.array()
	if err != nil {
		f.Reportf(quintain.Medium, start, "the header describes no array: %v", err)
		return rest(ctx, f, off)
	}
	if err := checkPadding(text[end:], off); err != nil {
		f.Doubtf(start+int64(end), "%v", err)
	}
	f.Account(scan.Parsed, off)
	f.Fact("dtype", a.descr.short())
	f.Fact("shape", a.shapeText())
	return a.data(ctx, f, off)
}

// rest hands what follows a bad header to the other formats: some reader may
// make sense of it.
func rest(ctx context.Context, f *scan.File, off int64) error {
	if n := f.Size() - off; n > 0 {
		return descend(ctx, f, "data", off, n)
	}
	return nil
}

// readHeader returns the text of the header and the offset of the data.
func readHeader(f *scan.File) (text []byte, off int64, err error) {
	head := make([]byte, min(12, f.Size()))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if len(head) < 12 || !bytes.HasPrefix(head, []byte(magic)) {
		return nil, 0, errors.New("the file ends inside its header")
	}
	n := int64(binary.LittleEndian.Uint16(head[8:]))
	off = 10
	switch version := [2]byte(head[6:8]); version {
	case [2]byte{1, 0}:
	case [2]byte{2, 0}, [2]byte{3, 0}:
		n, off = int64(binary.LittleEndian.Uint32(head[8:])), 12
	default:
		return nil, 0, scan.Errorf(6, "version %d.%d of the format is not known", version[0], version[1])
	}
	if n > f.Size()-off {
		return nil, 0, scan.Errorf(8, "the header has %d bytes, the file only %d more", n, f.Size()-off)
	}
	if n > maxHeader {
		return nil, 0, scan.Errorf(8, "%w: a header of %d bytes", scan.ErrBudget, n)
	}
	text = make([]byte, n)
	if _, err := f.ReadAt(text, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	return text, off + n, nil
}

// checkPadding holds what follows the literal to the rules of the format:
// blanks, a newline, and data at a multiple of 16.
func checkPadding(b []byte, off int64) error {
	blanks, ok := bytes.CutSuffix(b, []byte("\n"))
	switch {
	case !ok || len(bytes.Trim(blanks, " ")) > 0:
		return errors.New("the header is not filled up with blanks and a newline")
	case off%16 != 0:
		return fmt.Errorf("the data begins at byte %d, which is no multiple of 16", off)
	}
	return nil
}
