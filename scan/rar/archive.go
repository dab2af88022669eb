package rar

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

const (
	maxMembers = 1 << 16
	maxName    = 4096 // what Linux allows
	maxBlock   = 2 << 20
)

// An archive is a rar archive whose headers were read.
type archive struct {
	f       *scan.File
	w       *scan.Window
	members []member
	solid   bool
	off     int64 // of the next header
}

// A member is a file, or something else that a header describes like one.
type member struct {
	off       int64 // of its header
	name      string
	target    string
	kind      tree.Kind
	strange   string // what it is if nothing of these
	data      span   // as it is packed
	size      int64  // -1 if it is not known
	stored    bool
	dict      int64 // bytes of the dictionary that unpacks it
	encrypted bool
	split     bool // a part of it is in another file
	service   bool // it is no file
	linked    bool // the target is the content
	crc       uint32
	hasCRC    bool
}

// A span is a stretch of bytes of the file.
type span struct{ off, n int64 }

var (
	errEncrypted = errors.New("the headers are encrypted")
	errBeyond    = errors.New("it goes beyond the end of the file")
)

// bytes returns n bytes of a header.
func (a *archive) bytes(off, n int64) ([]byte, error) {
	if n <= scan.MaxBytes {
		return a.w.Bytes(off, int(n))
	}
	if n > maxBlock {
		return nil, fmt.Errorf("%w: a header of %d bytes", scan.ErrBudget, n)
	}
	if n > a.f.Size()-off {
		return nil, errBeyond
	}
	b := make([]byte, n)
	if got, err := a.f.ReadAt(b, off); int64(got) < n {
		return nil, err
	}
	return b, nil
}

// data sees that what follows a header is in the file, and passes over it.
func (a *archive) data(off, n int64) (span, error) {
	if n < 0 || n > a.f.Size()-a.off {
		return span{}, scan.Errorf(off, "%d bytes of data: %w", n, errBeyond)
	}
	s := span{a.off, n}
	a.off += n
	return s, nil
}

// add keeps a member.
func (a *archive) add(m *member) error {
	if len(a.members) >= maxMembers {
		return scan.Errorf(m.off, "%w: more than %d members", scan.ErrBudget, maxMembers)
	}
	if len(m.name) > maxName || len(m.target) > maxName {
		return scan.Errorf(m.off, "%w: a name of more than %d bytes", scan.ErrBudget, maxName)
	}
	a.members = append(a.members, *m)
	return nil
}

// trailing accounts for what follows the end of the archive.
func (a *archive) trailing(ctx context.Context) error {
	n := a.f.Size() - a.off
	if n == 0 {
		return nil
	}
	a.f.Reportf(quintain.Medium, a.off, "%d bytes follow the end of the archive, where most programs do not look", n)
	a.f.Account(scan.Delegated, n)
	if _, err := a.f.Descend(ctx, "trailing", io.NewSectionReader(a.f, a.off, n), n); err != nil {
		return scan.Errorf(a.off, "trailing bytes: %w", err)
	}
	return nil
}

// sealed4 returns a header of version 4 with its checksum in front.
func sealed4(header string) string {
	sum := crc32.ChecksumIEEE([]byte(header))
	return string([]byte{byte(sum), byte(sum >> 8)}) + header
}
