// Package regular opens regular files and nothing else: a pipe or a device
// would hang the reader or never end.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNot is returned for what is no regular file.
var ErrNot = errors.New("not a regular file")

// Open opens the named file for reading, if it is a regular file or a link to
// one.
func Open(name string) (*os.File, error) {
	if err := check(name); err != nil {
		return nil, err
	}
	return os.Open(name)
}

// Read returns the content of the named file, if it is a regular file of at
// most limit bytes.
func Read(name string, limit int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return All(name, f, limit)
}

// All reads r to its end, which must come within limit bytes. A file that says
// it is larger is not read at all.
func All(name string, r io.Reader, limit int64) ([]byte, error) {
	size := int64(0)
	if f, ok := r.(fs.File); ok {
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
	}
	if size <= limit {
		b, err := io.ReadAll(io.LimitReader(r, limit+1))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if int64(len(b)) <= limit {
			return b, nil
		}
	}
	return nil, fmt.Errorf("%s: larger than %d bytes", name, limit)
}

// check refuses what is no regular file before it is opened, because opening a
// pipe waits for its other end.
func check(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "read", Path: name, Err: errors.New("is a folder")}
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "read", Path: name, Err: ErrNot}
	}
	return nil
}
