// Package executorch finds ExecuTorch programs that bring libraries, need
// foreign code or lie about their sizes.
package executorch

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"strconv"
	"sync"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/flatbuffer"
)

//go:embed executorch.md
var doc string

//go:embed schema.txt
var schemaText string

// schema is what is known of the tables.
var schema = sync.OnceValue(func() *flatbuffer.Schema {
	return flatbuffer.Parse(schemaText, map[string]string{"val": "KernelTypes", "instr_args": "InstructionArguments"})
})

// Format reports delegates and operators that need code from elsewhere or bring
// it along, and structures, indexes, segments and tensors that do not fit.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/executorch",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.001", "LLM04:2026", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".pte"},
	Match:      func(_ string, head []byte) bool { return len(head) >= 8 && string(head[4:8]) == magic },
	Inspect:    inspect,
	Twin:       twin,
}

const (
	magic       = "ET12"
	magicHeader = "eh00"
	headerSize  = 24 // of the extended header, at least
)

// twin is a program whose root lies outside the file.
func twin() (name string, data []byte) { return "twin.pte", []byte("\xff\xff\xff\x7f" + magic) }

func inspect(ctx context.Context, f *scan.File) error {
	p := &program{Reader: flatbuffer.New(f, f.Size(), schema()), ctx: ctx, done: make(map[part]bool)}
	err := p.header()
	var root int64
	if err == nil {
		root, err = p.Follow(0)
	}
	var o *flatbuffer.Object
	if err == nil {
		o, err = p.Table("Program", root, 0)
	}
	if err == nil {
		err = p.judge(o)
	}
	if errors.Is(err, flatbuffer.ErrStop) {
		return nil // it was reported
	}
	if err != nil {
		return err
	}
	return p.account()
}

// header reads where the program ends and the segments begin.
func (p *program) header() error {
	if p.Size < 8 {
		return scan.Errorf(0, "a file of %d bytes", p.Size)
	}
	b := make([]byte, min(p.Size, 8+headerSize))
	if n, err := p.F.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	if len(b) < 8+headerSize || string(b[8:12]) != magicHeader {
		return p.Mark(0, 8)
	}
	n, err := p.Num(12, 4)
	if err != nil {
		return err
	}
	n &= 1<<32 - 1
	size, err := p.Num(16, 8)
	if err != nil {
		return err
	}
	base, err := p.Num(24, 8)
	if err != nil {
		return err
	}
	whole := uint64(p.Size) //nolint:gosec // not negative
	if n < headerSize || n > whole-8 || size > whole || size < 8+n || base > whole || base != 0 && base < size {
		p.F.Reportf(quintain.High, 8, "the header of %d bytes claims a program of %d bytes and segments from %d, which do not fit the file", n, size, base)
		return flatbuffer.ErrStop
	}
	p.Size, p.base = int64(size), int64(base) //nolint:gosec // at most the size of the file
	return p.Mark(0, 8+int64(n))              //nolint:gosec // as above
}

// account accounts for every byte: what belongs to the structure or a segment,
// and zeros that align it.
func (p *program) account() error {
	p.Size = p.F.Size()
	rest := p.Size
	w := scan.NewWindow(p.F, p.Size)
	for _, g := range p.Gaps() {
		rest -= g.N
		at, err := zeros(w, g)
		switch {
		case err != nil:
			return err
		case at == g.Off+g.N:
			p.F.Account(scan.Padding, g.N)
			continue
		}
		p.F.Doubtf(at, "%s belong to no part of the program", scan.Count(g.Off+g.N-at, "byte"))
		if err := p.F.Search(p.ctx, "a gap", g.Off, io.NewSectionReader(p.F, g.Off, g.N), g.N); err != nil {
			return err
		}
	}
	p.F.Account(scan.Tensor, p.data)
	p.F.Account(scan.Parsed, rest-p.data)
	p.F.Fact("tables", strconv.Itoa(p.Tables()))
	return p.ctx.Err()
}

// zeros returns where the first byte of a gap is that is not zero, or its end.
func zeros(w *scan.Window, g flatbuffer.Span) (int64, error) {
	for at, end := g.Off, g.Off+g.N; at < end; {
		b, err := w.Bytes(at, int(min(end-at, scan.MaxBytes)))
		if err != nil {
			return 0, scan.Errorf(at, "read: %w", err)
		}
		for i, c := range b {
			if c != 0 {
				return at + int64(i), nil
			}
		}
		at += int64(len(b))
	}
	return g.Off + g.N, nil
}
