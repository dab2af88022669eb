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

	"quintain"
	"quintain/scan"
)

//go:embed tflite.md
var doc string

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
	r := &flat{f: f, size: f.Size(), seen: make(map[visit]*object), told: make(map[string]bool)}
	if f.Size() < 8 {
		return scan.Errorf(0, "a file of %d bytes", f.Size())
	}
	root, err := r.follow(0)
	var o *object
	if err == nil {
		o, err = r.table("Model", root, 0)
	}
	if err == nil {
		err = r.mark(0, 8)
	}
	if err == nil {
		m := &model{flat: r, ctx: ctx}
		err = m.judge(o)
	}
	if errors.Is(err, errStop) {
		return nil // it was reported
	}
	if err != nil {
		return err
	}
	return r.account(ctx)
}

// account accounts for every byte: what belongs to the structure, and zeros
// that align it. A zip archive may follow, with files for people.
func (r *flat) account(ctx context.Context) error {
	rest := r.size
	for _, g := range r.gaps() {
		rest -= g.n
		head := make([]byte, min(g.n, 64))
		if n, err := r.f.ReadAt(head, g.off); n < len(head) {
			return scan.Errorf(g.off, "read: %w", err)
		}
		body := bytes.TrimLeft(head, "\x00")
		skip := int64(len(head) - len(body))
		last := g.off+g.n == r.size
		switch {
		case len(body) == 0 && g.n <= int64(len(head)):
			r.f.Account(scan.Padding, g.n)
		case last && bytes.HasPrefix(body, []byte("PK\x03\x04")):
			r.f.Account(scan.Padding, skip)
			r.f.Account(scan.Delegated, g.n-skip)
			if _, err := r.f.Descend(ctx, "associated.zip", io.NewSectionReader(r.f, g.off+skip, g.n-skip), g.n-skip); err != nil {
				return scan.Errorf(g.off, "the archive behind the model: %w", err)
			}
		default:
			r.f.Doubtf(g.off, "%s belong to no part of the model", scan.Count(g.n, "byte"))
		}
	}
	r.f.Account(scan.Parsed, rest)
	r.f.Fact("tables", strconv.Itoa(len(r.seen)))
	return ctx.Err()
}

// twin is a model whose root lies outside the file.
func twin() (name string, data []byte) { return "twin.tflite", []byte("\xff\xff\xff\x7fTFL3") }
