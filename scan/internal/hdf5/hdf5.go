// Package hdf5 reads the structure of HDF5 files that nobody vouches for: the
// groups, links, attributes and where the data lie. It reads no data.
//
// It knows what the h5py library writes in its oldest and its newest format.
// Whatever it does not know it says, with the offset; it never guesses.
package hdf5

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Magic begins every HDF5 file, or stands at 512, 1024, 2048 and so on.
const Magic = "\x89HDF\r\n\x1a\n"

// Limits of what one file may make the reader do.
const (
	maxBlock   = 16 << 20 // bytes of one structure that are held at once
	maxText    = 16 << 20 // bytes of the text of all attributes
	maxDepth   = 100      // groups inside each other
	maxObjects = 1 << 20
	maxIssues  = 200
	maxName    = 1 << 10 // bytes of a name that are kept
)

// A Kind says what an [Issue] is about.
type Kind int

// The kinds of issues.
const (
	Unknown Kind = iota // something that is not understood
	Outside             // a reference to another file
	Plugin              // data that need code from outside to be read
	Odd                 // something that no program writes
)

// An Issue is something about a file that its reader should know.
type Issue struct {
	Kind Kind
	Off  int64 // in the file
	Text string
}

// An Attribute is one attribute that holds text.
type Attribute struct {
	Path string // of the group or dataset
	Name string
	Off  int64    // of the first text in the file
	Text [][]byte // its elements, without the zero bytes behind them
}

// Contents is what a file holds. Parsed, Data and Padding sum up to what is
// explained of the size of the file: if there is no issue, to all of it.
type Contents struct {
	Attributes []Attribute
	Issues     []Issue
	Objects    int
	Datasets   int
	Elements   int64 // of the datasets

	Parsed, Data, Padding int64
}

// errBudget ends the reading of a file that refers to the same bytes again and
// again.
var errBudget = errors.New("the structures refer to more bytes than the file has")

// A placed error knows where in the file it happened.
type placed struct {
	off int64
	err error
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// at returns an error at an offset of the file.
func at(off int64, format string, args ...any) error {
	return &placed{off, fmt.Errorf(format, args...)}
}

// A file is an HDF5 file that is being read.
type file struct {
	r        io.ReaderAt
	size     int64
	base     int64 // what addresses are relative to
	offSize  int   // of addresses
	lenSize  int   // of lengths
	leafK    int64 // half the entries of a node of symbols
	groupK   int64 // half the children of a node of groups
	chunkK   int64 // half the children of a node of chunks
	work     int64 // bytes that may still be read
	text     int64 // bytes of attributes that may still be kept
	out      *Contents
	spans    []span
	headers  map[int64]bool                 // that were read
	heaps    map[int64]map[uint64]heapPiece // global heap collections
	todo     []object
	overflow bool // issues were left out
}

// An object is an object header that is to be read.
type object struct {
	addr  int64
	path  string
	depth int
}

// Read reads the structure of a file. The error is of the context; all that is
// wrong with the file is an issue.
func Read(ctx context.Context, r io.ReaderAt, size int64) (*Contents, error) {
	f := &file{
		r: r, size: size, work: 1 << 20, text: maxText, out: &Contents{},
		headers: make(map[int64]bool), heaps: make(map[int64]map[uint64]heapPiece),
		leafK: 4, groupK: 16, chunkK: 32,
	}
	if size < 1<<50 {
		f.work += 8 * size
	}
	end, err := f.superblock()
	if err != nil {
		f.fail(0, err)
		return f.out, nil
	}
	for len(f.todo) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o := f.todo[len(f.todo)-1]
		f.todo = f.todo[:len(f.todo)-1]
		if err := f.object(o); err != nil {
			f.fail(f.base+o.addr, err)
			if errors.Is(err, errBudget) {
				break
			}
		}
	}
	f.cover(end)
	return f.out, nil
}

// push remembers an object to be read, once.
func (f *file) push(addr int64, path string, depth int) {
	switch {
	case f.headers[addr]:
	case depth > maxDepth:
		f.issue(Unknown, f.base+addr, "more than %d groups inside each other", maxDepth)
	case f.out.Objects >= maxObjects:
		f.issue(Unknown, f.base+addr, "more than %d objects", maxObjects)
	default:
		f.headers[addr] = true
		f.out.Objects++
		f.todo = append(f.todo, object{addr, path, depth})
	}
}

func (f *file) issue(k Kind, off int64, format string, args ...any) {
	switch {
	case len(f.out.Issues) < maxIssues:
		f.out.Issues = append(f.out.Issues, Issue{k, off, fmt.Sprintf(format, args...)})
	case !f.overflow:
		f.overflow = true
		f.out.Issues = append(f.out.Issues, Issue{Unknown, off, "more problems, which are not listed"})
	}
}

// fail turns an error into an issue, at off unless the error knows better.
func (f *file) fail(off int64, err error) {
	if p := (*placed)(nil); errors.As(err, &p) {
		off = p.off
	}
	f.issue(Unknown, off, "%v", err)
}

// block reads n bytes of structure at an address.
func (f *file) block(addr, n int64) (*cursor, error) {
	off, err := f.inside(addr, n)
	if err != nil {
		return nil, err
	}
	if n > maxBlock {
		return nil, at(off, "a structure of %d bytes, which is more than is looked at", n)
	}
	if f.work -= max(n, 64); f.work < 0 {
		return nil, &placed{off, errBudget}
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, off); int64(got) < n {
		return nil, at(off, "read: %w", err)
	}
	return &cursor{b: b, off: off, f: f}, nil
}

// inside returns the offset of an address with n bytes behind it.
func (f *file) inside(addr, n int64) (int64, error) {
	if addr < 0 || n < 0 || addr > f.size-f.base || n > f.size-f.base-addr {
		return 0, at(f.base, "%d bytes at address 0x%x are not in the file", n, uint64(addr)) // for people
	}
	return f.base + addr, nil
}

// signed reads a block that must begin with a signature, and passes it.
func (f *file) signed(addr, n int64, signature string) (*cursor, error) {
	c, err := f.block(addr, n)
	if err != nil {
		return nil, err
	}
	if got := string(c.bytes(len(signature))); got != signature {
		return nil, at(c.off, "%q where %q should be", got, signature)
	}
	return c, c.err
}
