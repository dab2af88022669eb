// Package safetensors holds files in the format of that name to its
// specification.
package safetensors

import (
	"context"
	_ "embed"
	"encoding/binary"
	"strconv"

	"quintain"
	"quintain/scan"
)

//go:embed safetensors.md
var doc string

// Format reports headers that break the specification of safetensors, and
// bytes that no tensor covers.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/safetensors",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0076", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".safetensors"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

// maxHeader is the limit of the reference implementation.
const maxHeader = 100_000_000

const prefix = 8 // bytes before the header: its length

func match(_ string, head []byte) bool {
	if len(head) <= prefix || head[prefix] != '{' {
		return false
	}
	return binary.LittleEndian.Uint64(head) < 1<<32
}

func inspect(ctx context.Context, f *scan.File) error {
	w := scan.NewWindow(f, f.Size())
	b, err := w.Bytes(0, prefix)
	if err != nil {
		return scan.Errorf(0, "length of the header: %w", err)
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		f.Reportf(quintain.Medium, 0, "the header claims %d bytes, the format allows %d", n, maxHeader)
		return scan.Errorf(0, "the header is too large")
	}
	size := int64(n) // at most maxHeader
	if size > f.Size()-prefix {
		return scan.Errorf(0, "the header of %d bytes does not fit into the file", size)
	}
	h := &header{f: f, data: f.Size() - prefix - size}
	h.r = reader{w: w, off: prefix, end: prefix + size}
	if b, err := w.Bytes(prefix, min(1, int(size))); err != nil || string(b) != "{" {
		return scan.Errorf(prefix, "the header does not begin with a brace")
	}
	if err := h.read(); err != nil {
		return scan.Errorf(h.r.off, "header: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.Account(scan.Parsed, prefix+size-h.padding)
	f.Account(scan.Padding, h.padding)
	f.Fact("tensors", strconv.Itoa(len(h.spans)))
	f.Fact("parameters", strconv.FormatInt(h.elements, 10))
	return h.cover(ctx, prefix+size)
}

// twin is a file whose two tensors share a byte.
func twin() (name string, data []byte) {
	const header = `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`
	data = binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return "twin.safetensors", append(append(data, header...), 1, 2, 3)
}
