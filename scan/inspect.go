package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"quintain"
)

// What one file on disk may make the scanner do.
const (
	maxDepth     = 8         // files inside each other
	maxMembers   = 1 << 20   // files inside it, at any depth
	maxExternals = 1 << 20   // references of one file to data outside it
	maxProblems  = 100       // findings of one check about it
	maxPasses    = 4096      // members that the evidence of a pass lists
	freeBytes    = 256 << 20 // unpacked bytes, beside four times its size
)

// An inspection is the inspection of one file on disk with everything in it.
type inspection struct {
	e        *engine
	selected map[*Format]bool
	verdicts map[*Format]*verdict

	recognized []*Format       // the file itself
	facts      []fact          // about the file itself
	digest     quintain.Digest // of the file itself, if it is recognized
	dir        string          // on disk that the file itself is in, or ""

	members int64
	bytes   int64 // that may still be unpacked
}

func newInspection(e *engine, selected map[*Format]bool, size int64) *inspection {
	budget := int64(freeBytes)
	if size < 1<<60 {
		budget += 4 * size
	}
	return &inspection{e: e, selected: selected, verdicts: make(map[*Format]*verdict), members: maxMembers, bytes: budget}
}

func (in *inspection) spend(n int64) error {
	if n < 0 || n > in.bytes {
		return fmt.Errorf("%w: too many unpacked bytes", ErrBudget)
	}
	in.bytes -= n
	return nil
}

func (in *inspection) member(size int64) error {
	if in.members--; in.members < 0 {
		return fmt.Errorf("%w: more than %d members", ErrBudget, maxMembers)
	}
	return in.spend(size)
}

// visit lets every selected format that applies inspect one file. The parent
// is nil for the file on disk.
func (in *inspection) visit(ctx context.Context, name, path string, r io.ReaderAt, size int64, parent *File) ([]External, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	head := make([]byte, min(HeadSize, size))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, fmt.Errorf("read: %w", err)
	}
	recognized := slices.DeleteFunc(slices.Clone(in.e.formats), func(f *Format) bool {
		return f.Match == nil || !f.Match(name, head)
	})
	depth := 0
	if parent != nil {
		depth = parent.depth + 1
	} else {
		in.recognized = recognized
	}
	var externals []External
	seen := false // a format that answers for files of any kind has looked
	for _, format := range in.e.formats {
		if format.Match != nil && !slices.Contains(recognized, format) {
			continue
		}
		if !in.selected[format] {
			if parent != nil && format.Match != nil {
				parent.Doubtf(-1, "%q is for %s, which was not asked for", name, format.Name)
			}
			continue
		}
		seen = seen || format.Match == nil
		f := &File{
			name: name, path: path, r: r, size: size, depth: depth,
			format: format, recognized: recognized, in: in, verdict: in.verdict(format),
		}
		if err := in.inspect(ctx, f); err != nil {
			return nil, err
		}
		externals = append(externals, f.externals...)
		if depth == 0 {
			in.facts = append(in.facts, f.facts...)
		}
	}
	if len(recognized) == 0 && !seen {
		in.unseen(name, path, size, parent)
	}
	return externals, nil
}

// inspect runs one format on one file. Its only error is that of ctx.
func (in *inspection) inspect(ctx context.Context, f *File) error {
	before := in.troubles()
	err := guarded(ctx, f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.settle(err)
	if f.faults == 0 && f.doubts == 0 && in.troubles() == before {
		f.verdict.pass(f, f.depth == 0 || in.asked(f))
	}
	return nil
}

// troubles counts what was reported so far: a file with a member that does not
// pass does not pass itself.
func (in *inspection) troubles() int {
	n := 0
	for _, v := range in.verdicts {
		n += len(v.problems) + v.more[0] + v.more[1]
	}
	return n
}

// asked reports whether every format that recognizes a file looks at it, and
// one does. Without, the pass of one format is no verdict on the file.
func (in *inspection) asked(f *File) bool {
	return len(f.recognized) > 0 && !slices.ContainsFunc(f.recognized, func(x *Format) bool { return !in.selected[x] })
}

// guarded inspects f. A panic is a mistake of the format and, like an error,
// the end of the inspection; it is never a pass.
func guarded(ctx context.Context, f *File) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("internal error in %s: %v", f.format.Name, v)
		}
	}()
	return f.format.Inspect(ctx, f)
}

// unseen reports a file that nobody recognizes: to the format that inspects
// its container, or to all.
func (in *inspection) unseen(name, path string, size int64, parent *File) {
	if parent != nil {
		parent.Doubtf(-1, "not analyzed: no format recognizes member %q", name)
		return
	}
	in.blind(path, fmt.Sprintf("not analyzed: no format recognizes %q", name), fmt.Sprintf("%s, %d bytes", path, size))
}

// blind records that a file on disk could not be looked at at all: under the
// checks that answer for files of any kind, or under all if there are none.
func (in *inspection) blind(path, summary, evidence string) {
	p := problem{Summary: summary, Location: path, Evidence: evidence}
	found := false
	for _, f := range in.e.formats {
		if in.selected[f] && f.Match == nil {
			in.verdict(f).add(p)
			found = true
		}
	}
	if found {
		return
	}
	for _, f := range in.e.formats {
		if in.selected[f] {
			in.verdict(f).add(p)
		}
	}
}

func (in *inspection) verdict(f *Format) *verdict {
	v := in.verdicts[f]
	if v == nil {
		v = &verdict{}
		in.verdicts[f] = v
	}
	return v
}

// control inspects the twin of a format and returns the positive control, or
// nil if the twin is not caught.
func (e *engine) control(ctx context.Context, format *Format) (*quintain.Control, error) {
	if format.Twin == nil {
		return nil, nil
	}
	name, data := format.Twin()
	in := newInspection(e, map[*Format]bool{format: true}, int64(len(data)))
	if _, err := in.visit(ctx, name, name, sliceReader(data), int64(len(data)), nil); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, nil // a twin that cannot be read is no control
	}
	for _, p := range in.verdict(format).problems {
		if p.Outcome == quintain.Fail {
			return &quintain.Control{
				Target:  quintain.Target{Kind: quintain.KindArtifact, Ref: "twin:" + name, Digest: quintain.DigestOf(data)},
				Outcome: quintain.Fail, Summary: p.Summary,
			}, nil
		}
	}
	return nil, nil
}

// Inspect inspects one file in memory in formats and returns what they find.
// The name is that of the finding's target. Its only error is that of ctx.
func Inspect(ctx context.Context, name string, r io.ReaderAt, size int64, formats ...*Format) ([]quintain.Finding, error) {
	e, selected := newEngine(Options{}, formats), make(map[*Format]bool)
	for _, f := range e.formats {
		selected[f] = true
	}
	in := newInspection(e, selected, size)
	if _, err := in.visit(ctx, name, name, r, size, nil); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		in.blind(name, "not analyzed: "+err.Error(), err.Error())
	}
	return in.findings(ctx, quintain.Target{Kind: quintain.KindArtifact, Ref: name})
}

// sliceReader is an [io.ReaderAt] of bytes in memory.
type sliceReader []byte

func (b sliceReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
