package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"quintain"
)

// A File is one file under inspection by one format: a file on disk, or a
// member of another file. It is not safe for concurrent use.
type File struct {
	name  string // of the member in its container, or of the file below the target
	path  string // from the target: "model.pt!archive/data.pkl"
	r     io.ReaderAt
	size  int64
	depth int

	format     *Format
	recognized []*Format
	in         *inspection
	verdict    *verdict

	ledger    [uses]int64
	facts     []fact
	doubts    int
	faults    int
	externals []External
}

type fact struct{ key, value string }

// An External is data that a file says lies outside it, such as the storage of
// a tensor in the archive around a pickle.
type External struct {
	Key      string // the file's name for it
	Bytes    int64  // its size, or -1 if the file does not say
	Elements int64  // the numbers it holds, or 0 if the file does not say
	Offset   int64  // where the file says so
}

// A Use is what a stretch of bytes turned out to be.
type Use int

// The uses. Every byte of a file is accounted for under exactly one of them;
// what is left over is unexplained, and reported.
const (
	Parsed    Use = iota // structure that the format read and understood
	Tensor               // numbers, whose size the structure explains
	Padding              // filler that the format's own rules call for
	Delegated            // content that other formats answer for
	uses      = iota
)

// Name returns the name of the file, slash separated: of a member, its name in
// its container.
func (f *File) Name() string { return f.name }

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// ReadAt implements [io.ReaderAt].
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.r.ReadAt(p, off) }

// Beside returns the size of a file of that name in the folder of this one. It
// is not known for members, and for files that are not on disk or not there.
func (f *File) Beside(name string) (size int64, known bool) {
	if f.depth > 0 || f.in.dir == "" || name != filepath.Base(name) {
		return 0, false
	}
	info, err := os.Stat(filepath.Join(f.in.dir, name))
	if err != nil || !info.Mode().IsRegular() {
		return 0, false
	}
	return info.Size(), true
}

// Recognized returns the formats that recognize the content of the file,
// sorted by name.
func (f *File) Recognized() []*Format { return f.recognized }

// Promised returns the formats that the name of the file promises, sorted by
// name.
func (f *File) Promised() []*Format { return f.in.e.promised(f.name) }

// Reportf reports a weakness at an offset of the file; a negative offset
// stands for the whole file.
func (f *File) Reportf(severity quintain.Severity, off int64, format string, args ...any) {
	f.faults++
	f.verdict.add(f.problem(quintain.Fail, severity, off, format, args...))
}

// Doubtf reports something at an offset of the file that could not be decided.
// A file with a doubt does not pass.
func (f *File) Doubtf(off int64, format string, args ...any) {
	f.doubts++
	f.verdict.add(f.problem(quintain.Inconclusive, quintain.None, off, format, args...))
}

// Account says what n more bytes of the file turned out to be. Negative counts
// are ignored.
func (f *File) Account(u Use, n int64) {
	if n > 0 {
		f.ledger[u] = satAdd(f.ledger[u], n)
	}
}

// Fact keeps something that was counted or read, such as "opcodes" or
// "parameters", for the evidence of a pass and the bill of materials. Facts
// never change a verdict.
func (f *File) Fact(key, value string) { f.facts = append(f.facts, fact{key, value}) }

// Refer says that data lies outside the file. Descend hands it to the format
// that inspects the container.
func (f *File) Refer(e External) {
	if len(f.externals) < maxExternals {
		f.externals = append(f.externals, e)
		return
	}
	f.verdict.once(f.problem(quintain.Inconclusive, quintain.None, e.Offset, "more than %d references to data outside the file", maxExternals))
	f.doubts++
}

// Spend takes n unpacked bytes from the budget that a file on disk shares with
// everything inside it. It returns [ErrBudget] when there is too little left.
func (f *File) Spend(n int64) error { return f.in.spend(n) }

// Descend inspects data inside the file as a file of its own, in every format
// that recognizes it. Its bytes are r from 0 to size. It returns what the
// formats said lies outside of it. What no format recognizes is reported.
//
// An error says that the data was not inspected; the caller returns it or
// turns it into a doubt.
func (f *File) Descend(ctx context.Context, name string, r io.ReaderAt, size int64) ([]External, error) {
	if f.depth >= maxDepth {
		return nil, fmt.Errorf("%w: %d files inside each other", ErrBudget, maxDepth)
	}
	if err := f.in.member(size); err != nil {
		return nil, err
	}
	return f.in.visit(ctx, name, f.path+"!"+name, r, size, f)
}

// Search looks for files that are hidden in data of this one, in every format
// that can. The data is r from 0 to size and begins at off, or is unpacked from
// there if off is negative; name says what it is. What is found is reported
// under the check of its format. The only error is that of ctx.
func (f *File) Search(ctx context.Context, name string, off int64, r io.ReaderAt, size int64) error {
	for _, format := range f.in.e.formats {
		if format.Search == nil || !f.in.selected[format] {
			continue
		}
		found, err := format.Search(ctx, r, size)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v := f.in.verdict(format)
		for _, x := range found {
			at := off
			if off >= 0 {
				at += x.Offset
			}
			v.add(f.problem(quintain.Fail, x.Severity, at, "%s hides a file: %s", name, x.Text))
		}
		if err != nil {
			v.add(f.problem(quintain.Inconclusive, quintain.None, off, "%s is not searched for hidden files: %v", name, err))
		}
	}
	return nil
}

// problem makes a problem of this file.
func (f *File) problem(o quintain.Outcome, s quintain.Severity, off int64, format string, args ...any) problem {
	p := problem{
		Outcome: o, Severity: s, Summary: clip(fmt.Sprintf(format, args...), 400),
		Location: f.location(off), Evidence: fmt.Sprintf("%s, %d bytes", f.path, f.size),
	}
	if off >= 0 && off < f.size {
		p.Evidence = fmt.Sprintf("byte %d of %s, which has %d", off, f.path, f.size)
		p.Excerpt = f.excerpt(off)
	}
	return p
}

// location names an offset of the file.
func (f *File) location(off int64) string {
	if off < 0 {
		return f.path
	}
	return fmt.Sprintf("%s@0x%x", f.path, off)
}

// excerpt shows the bytes at off.
func (f *File) excerpt(off int64) string {
	b := make([]byte, min(24, f.size-off))
	n, err := f.r.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) || n == 0 {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, latin1(b[:n]))
	return fmt.Sprintf("% x  %s", b[:n], text)
}

// latin1 returns b as a string with one rune for each byte.
func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// settle turns how the inspection ended into doubts: its error, and bytes that
// nobody explained.
func (f *File) settle(err error) {
	if err != nil {
		off := int64(-1)
		if at := (*errAt)(nil); errors.As(err, &at) {
			off, err = at.off, at.err
		}
		f.Doubtf(off, "not analyzed further: %v", err)
		return
	}
	var sum int64
	for _, n := range f.ledger {
		sum = satAdd(sum, n)
	}
	switch {
	case f.doubts > 0 || f.faults > 0:
	case sum < f.size:
		f.Doubtf(-1, "%d of %d bytes are not explained", f.size-sum, f.size)
	case sum > f.size:
		f.Doubtf(-1, "%d bytes are explained twice", sum-f.size)
	}
}

// account describes the ledger and the facts in one line.
func (f *File) account() string {
	names := []string{"parsed", "tensor data", "padding", "in members"}
	var parts []string
	for u, n := range f.ledger {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, names[u]))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "0 parsed")
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%d bytes: %s, 0 unexplained", f.size, strings.Join(parts, ", "))
	for _, x := range f.facts {
		fmt.Fprintf(&s, "; %s %s", x.key, x.value)
	}
	return s.String()
}

// promised returns the formats whose extensions name has.
func (e *engine) promised(name string) []*Format {
	var out []*Format
	lower := strings.ToLower(name)
	for _, f := range e.formats {
		if slices.ContainsFunc(f.Extensions, func(x string) bool { return strings.HasSuffix(lower, x) }) {
			out = append(out, f)
		}
	}
	return out
}

func satAdd(a, b int64) int64 {
	if s := a + b; s >= a {
		return s
	}
	return 1<<63 - 1
}

// clip cuts s to at most n bytes without splitting a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
