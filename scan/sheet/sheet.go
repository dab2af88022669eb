// Package sheet fills in the data sheet of a model file: its format, its
// tensors, its operators, and what a loader would be asked to do. It reads
// bytes and nothing else: pickles are followed on paper, templates are quoted,
// and nothing is executed, imported or deserialized.
//
// It describes; whether a file is safe is what package scan says.
package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// What one file may make the reader do.
const (
	maxHeld    = 64 << 20 // bytes of one structure that is held in memory
	maxTensors = 1 << 18
	maxText    = 1 << 20
)

// ErrUnknown is returned for a file in no format that has a sheet.
var ErrUnknown = errors.New("no format that has a data sheet")

// A Sheet describes one file.
type Sheet struct {
	Format     string            `json:"format"`            // such as "safetensors"; see [Formats]
	Version    string            `json:"version,omitempty"` // of the format, as the file says
	Bytes      int64             `json:"bytes"`
	Parameters int64             `json:"parameters"` // elements of all tensors
	Tensors    []Tensor          `json:"tensors,omitempty"`
	Operators  []Count           `json:"operators,omitempty"` // of a graph, sorted by name
	Layers     []Count           `json:"layers,omitempty"`    // classes that a configuration names
	Pickles    []Pickle          `json:"pickles,omitempty"`
	Templates  []Text            `json:"templates,omitempty"` // programs for prompts
	Outside    []string          `json:"outside,omitempty"`   // files that the file says its data are in
	Members    []string          `json:"members,omitempty"`   // of an archive, in its order
	Facts      map[string]string `json:"facts,omitempty"`

	rest     []string // of a checkpoint, what is no tensor
	unpacked int64    // bytes so far
}

// Formats are the names of formats that have a sheet.
func Formats() []string {
	return []string{"pytorch-zip", "pytorch-legacy", "pickle", "safetensors", "keras", "savedmodel", "gguf", "onnx"}
}

// A Tensor is a named array of numbers.
type Tensor struct {
	Name  string  `json:"name"`
	DType string  `json:"dtype"` // as safetensors writes it: F32, BF16, I64; formats without such a name keep theirs
	Shape []int64 `json:"shape"`

	read func() ([]byte, error) // its elements in row order, little-endian; nil if they are not in the file
}

// Elements returns the product of the shape.
func (t *Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		if d < 0 || d > 0 && n > 1<<56/d {
			return 1 << 56 // more than any file holds
		}
		n *= d
	}
	return n
}

// Bytes returns the elements in row order, little-endian.
func (t *Tensor) Bytes() ([]byte, error) {
	if t.read == nil {
		return nil, fmt.Errorf("the numbers of tensor %q are not in the file", t.Name)
	}
	return t.read()
}

// A Count is a name and how often it occurs.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// A Text is a text that a program will run or render.
type Text struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Read fills in the sheet of a file of size bytes. The format is told by the
// content. The error wraps [ErrUnknown] if it is none of [Formats].
func Read(ctx context.Context, r io.ReaderAt, size int64) (*Sheet, error) {
	head := make([]byte, min(size, 8))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := &Sheet{Bytes: size, Facts: make(map[string]string)}
	var err error
	switch {
	case string(head[:min(4, len(head))]) == "GGUF":
		err = readGGUF(s, r, size)
	case string(head[:min(4, len(head))]) == "PK\x03\x04":
		err = readZip(ctx, s, r, size)
	case isSafetensors(r, size):
		err = readSafetensors(s, r, size)
	default:
		err = readOther(ctx, s, r, size)
	}
	if err != nil {
		return nil, err
	}
	for i := range s.Tensors {
		if s.Parameters += s.Tensors[i].Elements(); s.Parameters < 0 {
			return nil, errors.New("more parameters than can be counted")
		}
	}
	return s, ctx.Err()
}

// readOther reads what no magic number tells: pickles, and the two formats
// made of protocol buffers.
func readOther(ctx context.Context, s *Sheet, r io.ReaderAt, size int64) error {
	b, err := held(r, 0, min(size, maxHeld))
	if err != nil {
		return err
	}
	switch {
	case isPickle(b):
		return readPickle(ctx, s, r, b, size)
	case size > maxHeld:
		return fmt.Errorf("%w, or more than %d bytes of it", ErrUnknown, maxHeld)
	case isSavedModel(b):
		return readSavedModel(s, b)
	case isONNX(b):
		return readONNX(s, b)
	}
	return ErrUnknown
}

// held returns n bytes at off.
func held(r io.ReaderAt, off, n int64) ([]byte, error) {
	if n < 0 || n > maxHeld {
		return nil, fmt.Errorf("%d bytes at 0x%x are more than the %d that are read at once", n, off, maxHeld)
	}
	b := make([]byte, n)
	if got, err := r.ReadAt(b, off); got < len(b) {
		return nil, fmt.Errorf("read %d bytes at 0x%x: %w", n, off, err)
	}
	return b, nil
}

// counted returns counts sorted by name.
func counted(m map[string]int) []Count {
	var out []Count
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Count{name, m[name]})
	}
	return out
}
