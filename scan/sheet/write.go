package sheet

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Safetensors writes tensors as a safetensors file, sorted by name: a header in
// JSON and the numbers, and nothing that could be run.
func Safetensors(w io.Writer, tensors []Tensor) error {
	sorted := slices.Clone(tensors)
	slices.SortFunc(sorted, func(a, b Tensor) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int64  `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	head := make(map[string]entry)
	data := make([][]byte, len(sorted))
	at := int64(0)
	for i := range sorted {
		t := &sorted[i]
		b, err := t.Bytes()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if _, twice := head[t.Name]; twice {
			return fmt.Errorf("two tensors are called %q", t.Name)
		}
		shape := t.Shape
		if shape == nil {
			shape = []int64{}
		}
		head[t.Name] = entry{t.DType, shape, [2]int64{at, at + int64(len(b))}}
		data[i] = b
		if at += int64(len(b)); at > maxCopied {
			return fmt.Errorf("the tensors have more than the %d bytes that are copied", int64(maxCopied))
		}
	}
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(b))), b...)); err != nil {
		return err
	}
	for _, d := range data {
		if _, err := w.Write(d); err != nil {
			return err
		}
	}
	return nil
}

// maxCopied bounds what a conversion holds in memory.
const maxCopied = 4 << 30

// Convert reads a checkpoint of PyTorch, or a safetensors file, and writes its
// tensors as safetensors. Pickles are followed on paper; what they call or
// import does not get across.
//
// What is no tensor (the number of an epoch, the state of an optimizer, the
// result of a call) cannot be in such a file: Convert returns a [NotTensors]
// error, or with drop leaves it out and returns what that was.
func Convert(ctx context.Context, r io.ReaderAt, size int64, w io.Writer, drop bool) (tensors []Tensor, dropped []string, err error) {
	s, err := Read(ctx, r, size)
	if err != nil {
		return nil, nil, err
	}
	switch s.Format {
	case "pytorch-zip", "pytorch-legacy", "safetensors":
	default:
		return nil, nil, fmt.Errorf("a file in format %s is not converted", s.Format)
	}
	if len(s.Tensors) == 0 {
		return nil, nil, errors.New("there is no tensor in it")
	}
	if len(s.rest) > 0 && !drop {
		return nil, nil, &NotTensors{s.rest}
	}
	for i := range s.Tensors {
		if t := &s.Tensors[i]; !slices.Contains(slices.Collect(maps.Values(npyTypes)), t.DType) && t.DType != "BF16" && s.Format != "safetensors" {
			return nil, nil, fmt.Errorf("tensor %q has the type %q, which is not written", t.Name, t.DType)
		}
	}
	return s.Tensors, s.rest, Safetensors(w, s.Tensors)
}
