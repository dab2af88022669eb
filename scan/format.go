// Package scan finds what runs, leaks or lies in model files when they are
// loaded. It reads files and does nothing else: nothing is executed, imported,
// deserialized or fetched, and the memory it needs does not depend on what a
// file claims.
//
// A [Format] teaches the scanner one artifact format; the list of them is in
// package all. The engine decides by content which formats a file is in, lets
// each of them inspect it, follows the files inside files, and accounts for
// every byte: what no format could explain is never part of a pass.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io"

	"quintain"
)

// HeadSize is the number of bytes of a file that [Format.Match] sees.
const HeadSize = 4096

// A Format teaches the scanner one artifact format.
//
// To add one, copy an existing package below scan, declare a package-level
// variable named Format, put one txtar file per case in testdata, and run
// go generate in package all.
type Format struct {
	quintain.Check

	// Extensions are the endings of names that promise this format, lower
	// case with the dot. They recognize nothing: a name that contradicts the
	// content is a finding of its own.
	Extensions []string

	// Match reports whether a file is in this format, judging by its first
	// HeadSize bytes; the name may only make it look closer. It is called for
	// every file, so it must be cheap. A Format without Match recognizes
	// nothing and inspects every file.
	Match func(name string, head []byte) bool

	// Shared says that the format is a reading of a text that others read too: a
	// configuration in JSON may name code and hold a chat template, and is one
	// artifact all the same. A file in a format that is not shared and in any
	// other at once is a finding.
	Shared bool

	// Inspect examines one matching file and reports what it finds to f.
	//
	// The bytes are hostile. Inspect bounds the memory it uses, executes
	// nothing, and returns an error rather than panic; every format carries a
	// fuzz target that holds it to this. An error, best made by [Errorf], says
	// that the rest of the file could not be analyzed, and why.
	Inspect func(ctx context.Context, f *File) error

	// Search, which is optional, looks for files in this format that are hidden
	// anywhere in the first size bytes of r, at any offset, and returns those
	// that do harm. It runs at the speed of memory and finds nothing in random
	// numbers. An error says that it could not look at everything.
	Search func(ctx context.Context, r io.ReaderAt, size int64) ([]Hidden, error)

	// Twin returns a small file in this format that is known to be bad, the
	// positive control: a pass counts only if Inspect finds fault with it.
	Twin func() (name string, data []byte)
}

// A Hidden is a file in the middle of other data.
type Hidden struct {
	Offset   int64             // where it begins
	Severity quintain.Severity // how bad it is to load it
	Text     string            // what loading it would do
}

// ErrBudget is returned when a file asks for more nesting, members or unpacked
// bytes than the scanner is willing to look at.
var ErrBudget = errors.New("scan: budget exhausted")

// errAt is an error with the offset at which it stopped the analysis.
type errAt struct {
	off int64
	err error
}

func (e *errAt) Error() string { return fmt.Sprintf("%v at 0x%x", e.err, e.off) }

func (e *errAt) Unwrap() error { return e.err }

// Errorf returns the error that ends an inspection at an offset of the file.
// A negative offset stands for the whole file.
func Errorf(off int64, format string, args ...any) error {
	return &errAt{off, fmt.Errorf(format, args...)}
}
