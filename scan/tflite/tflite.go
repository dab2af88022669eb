// Package tflite finds TensorFlow Lite models that need foreign code or lie
// about their sizes.
package tflite

import (
	"bytes"
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

//go:embed tflite.md
var doc string

//go:embed schema.txt
var schemaText string

// schema is what is known of the tables and operators.
var schema = sync.OnceValue(func() *flatbuffer.Schema {
	return flatbuffer.Parse(schemaText, map[string]string{
		"BuiltinOptions": "BuiltinOptions", "BuiltinOptions2": "BuiltinOptions2", "Details": "QuantizationDetails",
		"ArraySegments": "SparseIndexVector", "ArrayIndices": "SparseIndexVector",
	})
})

// Format reports operators that need code from elsewhere or reach outside the
// model, and structures, indexes and tensors that do not fit.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/tflite",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.001", "LLM04:2026", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".tflite", ".lite"},
	Match:      func(_ string, head []byte) bool { return len(head) >= 8 && string(head[4:8]) == magic },
	Inspect:    inspect,
	Twin:       twin,
}

const magic = "TFL3"

func inspect(ctx context.Context, f *scan.File) error {
	r := flatbuffer.New(f, f.Size(), schema())
	if f.Size() < 8 {
		return scan.Errorf(0, "a file of %d bytes", f.Size())
	}
	root, err := r.Follow(0)
	var o *flatbuffer.Object
	if err == nil {
		o, err = r.Table("Model", root, 0)
	}
	if err == nil {
		err = r.Mark(0, 8)
	}
	if err == nil {
		m := &model{Reader: r, ctx: ctx}
		err = m.judge(o)
	}
	if errors.Is(err, flatbuffer.ErrStop) {
		return nil // it was reported
	}
	if err != nil {
		return err
	}
	return account(ctx, r)
}

// account accounts for every byte: what belongs to the structure, and zeros
// that align it. A zip archive may follow, with files for people.
func account(ctx context.Context, r *flatbuffer.Reader) error {
	rest := r.Size
	for _, g := range r.Gaps() {
		rest -= g.N
		head := make([]byte, min(g.N, 64))
		if n, err := r.F.ReadAt(head, g.Off); n < len(head) {
			return scan.Errorf(g.Off, "read: %w", err)
		}
		body := bytes.TrimLeft(head, "\x00")
		skip := int64(len(head) - len(body))
		last := g.Off+g.N == r.Size
		switch {
		case len(body) == 0 && g.N <= int64(len(head)):
			r.F.Account(scan.Padding, g.N)
		case last && bytes.HasPrefix(body, []byte("PK\x03\x04")):
			r.F.Account(scan.Padding, skip)
			r.F.Account(scan.Delegated, g.N-skip)
			if _, err := r.F.Descend(ctx, "associated.zip", io.NewSectionReader(r.F, g.Off+skip, g.N-skip), g.N-skip); err != nil {
				return scan.Errorf(g.Off, "the archive behind the model: %w", err)
			}
		default:
			r.F.Doubtf(g.Off, "%s belong to no part of the model", scan.Count(g.N, "byte"))
		}
	}
	r.F.Account(scan.Parsed, rest)
	r.F.Fact("tables", strconv.Itoa(r.Tables()))
	return ctx.Err()
}

// twin is a model whose root lies outside the file.
func twin() (name string, data []byte) { return "twin.tflite", []byte("\xff\xff\xff\x7fTFL3") }
