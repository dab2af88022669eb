// Package weightsonly tells which globals keep torch.load from loading a
// checkpoint with weights_only=True.
package weightsonly

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"quintain"
	"quintain/scan"
)

//go:embed weightsonly.md
var doc string

//go:embed globals.txt
var globalsText string

// Lint is the format of the lint. It asks another question than the scanner,
// so it is not among its formats. It has no Match of its own: give a copy of
// it that of scan/pickle.
var Lint = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/weightsonly",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Inspect: inspect,
	Twin:    twin,
}

// twin names a class that no version allows.
func twin() (name string, data []byte) {
	return "twin.pkl", []byte("\x80\x02cdecimal\nDecimal\nX\x01\x00\x00\x001\x85R.")
}

const (
	maxName    = 4 << 10 // bytes of the name of a module or a global
	maxGlobals = 1000    // different ones that are told
	maxStreams = 5       // pickles of a checkpoint before PyTorch 1.6
)

// A support says which versions allow a global.
type support struct{ old, new bool }

// theGlobals parses the embedded list.
var theGlobals = sync.OnceValue(func() map[string]support {
	list := make(map[string]support)
	for line := range strings.Lines(globalsText) {
		line = strings.TrimRight(line, "\n")
		if len(line) > 2 && line[0] != '#' {
			list[line[2:]] = support{old: line[0] != '+', new: line[0] != '-'}
		}
	}
	return list
})

// blocked are the modules of which nothing can be allowed.
var blocked = []string{"nt", "os", "posix", "sys"}

// modules and names are what PyTorch renames from Python 2, as pickle does.
var modules = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg", "Queue": "queue", "repr": "reprlib", "_abcoll": "collections.abc",
	"UserDict": "collections", "UserList": "collections", "UserString": "collections", "whichdb": "dbm", "StringIO": "io", "cStringIO": "io",
}

var names = map[[2]string][2]string{
	{"__builtin__", "xrange"}: {"builtins", "range"}, {"__builtin__", "reduce"}: {"functools", "reduce"},
	{"__builtin__", "intern"}: {"sys", "intern"}, {"__builtin__", "unichr"}: {"builtins", "chr"},
	{"__builtin__", "unicode"}: {"builtins", "str"}, {"__builtin__", "long"}: {"builtins", "int"},
	{"__builtin__", "basestring"}: {"builtins", "str"}, {"exceptions", "StandardError"}: {"builtins", "Exception"},
	{"itertools", "izip"}: {"builtins", "zip"}, {"itertools", "imap"}: {"builtins", "map"}, {"itertools", "ifilter"}: {"builtins", "filter"},
	{"itertools", "ifilterfalse"}: {"itertools", "filterfalse"}, {"itertools", "izip_longest"}: {"itertools", "zip_longest"},
	{"UserDict", "IterableUserDict"}: {"collections", "UserDict"}, {"UserDict", "UserDict"}: {"collections", "UserDict"},
}

// rename returns what PyTorch looks up for a global.
func rename(module, name string) (renamedModule, renamedName string) {
	if to, ok := names[[2]string{module, name}]; ok {
		return to[0], to[1]
	}
	if to, ok := modules[module]; ok {
		return to, name
	}
	return module, name
}

// A use is a global that a file names.
type use struct {
	module, name string
	at           int64 // where first
	count        int
}

// A reader reads opcodes as the restricted unpickler does.
type reader struct {
	b    *bufio.Reader
	off  int64
	uses []*use
	seen map[string]*use
	more int // globals beyond the limit
}

func inspect(ctx context.Context, f *scan.File) error {
	r := &reader{b: bufio.NewReaderSize(io.NewSectionReader(f, 0, f.Size()), 64<<10), seen: make(map[string]*use)}
	err := r.file(ctx)
	list := theGlobals()
	var later []string
	for _, u := range r.uses {
		full := u.module + "." + u.name
		switch have := list[full]; {
		case !have.new:
			f.Reportf(quintain.Low, u.at, "weights_only=True refuses the global %q%s; %s", full, times(u.count), remedy(u.module))
		case !have.old:
			later = append(later, full)
		}
	}
	if r.more > 0 {
		f.Doubtf(-1, "%s more are not told", scan.Count(r.more, "global"))
	}
	if later != nil {
		f.Fact("not allowed by torch 1.13", strings.Join(later, " "))
	}
	f.Fact("globals", strconv.Itoa(len(r.uses)))
	f.Account(scan.Parsed, r.off)
	f.Account(scan.Delegated, f.Size()-r.off)
	if bad := (*opcodeError)(nil); errors.As(err, &bad) {
		f.Reportf(quintain.Low, bad.at, "weights_only=True refuses the opcode %#02x%s; what follows was not looked at", bad.op, bad.what())
		return nil
	}
	return err
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", named %d times", n)
}

func remedy(module string) string {
	if slices.Contains(blocked, module) {
		return "nothing can allow it"
	}
	return "add_safe_globals can allow it"
}

// An opcodeError is an opcode that the unpickler refuses.
type opcodeError struct {
	op byte
	at int64
}

// Error says which opcode it is.
func (e *opcodeError) Error() string { return fmt.Sprintf("opcode %#02x is refused", e.op) }

// what names opcodes that are met in practice.
func (e *opcodeError) what() string {
	switch e.op {
	case 0x8c, 0x8d, 0x8e, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95:
		return " of pickle protocol 4"
	case 0x96, 0x97, 0x98:
		return " of pickle protocol 5"
	}
	return ""
}

// file reads the pickle, or the five pickles of an old checkpoint.
func (r *reader) file(ctx context.Context) error {
	for range maxStreams {
		if err := r.pickle(ctx); err != nil {
			return err
		}
		if next, err := r.b.Peek(1); err != nil || next[0] != 0x80 {
			return nil //nolint:nilerr // the file ends here
		}
	}
	return nil
}

// widths are the opcodes that are known, with the number of bytes that follow.
var widths = map[byte]int{
	0x81: 0, 'R': 0, 'b': 0, 'a': 0, 'e': 0, 's': 0, 'u': 0, '(': 0, 't': 0, 0x85: 0, 0x86: 0, 0x87: 0, 'N': 0, 0x88: 0, 0x89: 0,
	')': 0, ']': 0, '}': 0, 0x8f: 0, 'Q': 0, 'J': 4, 'K': 1, 'M': 2, 'G': 8, 'h': 1, 'j': 4, 'q': 1, 'r': 4, 0x80: 1,
}

// pickle reads one pickle as far as its end.
func (r *reader) pickle(ctx context.Context) error {
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := r.off
		op, err := r.b.ReadByte()
		if err != nil {
			return scan.Errorf(at, "the pickle has no end")
		}
		r.off++
		width, known := widths[op]
		switch {
		case op == '.':
			return nil
		case op == 'c':
			err = r.global(at)
		case op == 'U' || op == 0x8a:
			err = r.counted(1)
		case op == 'X':
			err = r.counted(4)
		case known:
			err = r.skip(int64(width))
		default:
			return &opcodeError{op, at}
		}
		if err != nil {
			return scan.Errorf(at, "%w", err)
		}
	}
}

// counted skips bytes that follow their number.
func (r *reader) counted(width int) error {
	var b [4]byte
	if _, err := io.ReadFull(r.b, b[:width]); err != nil {
		return fmt.Errorf("the argument is cut off: %w", err)
	}
	r.off += int64(width)
	return r.skip(int64(binary.LittleEndian.Uint32(b[:])))
}

func (r *reader) skip(n int64) error {
	done, err := io.CopyN(io.Discard, r.b, n)
	r.off += done
	if err != nil {
		return fmt.Errorf("the argument is cut off: %w", err)
	}
	return nil
}

func (r *reader) global(at int64) error {
	module, err := r.line()
	if err != nil {
		return err
	}
	name, err := r.line()
	if err != nil {
		return err
	}
	module, name = rename(module, name)
	full := module + "." + name
	u := r.seen[full]
	switch {
	case u != nil:
		u.count++
	case len(r.uses) < maxGlobals:
		u = &use{module, name, at, 1}
		r.seen[full], r.uses = u, append(r.uses, u)
	default:
		r.more++
	}
	return nil
}

// line reads a name as far as the end of the line.
func (r *reader) line() (string, error) {
	var s []byte
	for len(s) <= maxName {
		c, err := r.b.ReadByte()
		if err != nil {
			return "", errors.New("the name is cut off")
		}
		r.off++
		if c == '\n' {
			return string(s), nil
		}
		s = append(s, c)
	}
	return "", fmt.Errorf("a name of more than %d bytes", maxName)
}
