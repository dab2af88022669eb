package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quintain/scan/internal/hdf5"
)

var (
	npyShape = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
	npyType  = regexp.MustCompile(`'descr':\s*'([^']*)'`)
)

// npyTypes are the names of safetensors for types of NumPy.
var npyTypes = map[string]string{
	"<f4": "F32", "<f8": "F64", "<f2": "F16", "<i8": "I64", "<i4": "I32", "<i2": "I16", "|i1": "I8", "|u1": "U8", "|b1": "BOOL",
}

// npyHeader describes an array of NumPy.
func npyHeader(name string, b []byte) (Tensor, error) {
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return Tensor{}, errors.New("no array of NumPy")
	}
	n, at := int(binary.LittleEndian.Uint16(b[8:])), 10
	if b[6] > 1 {
		n, at = int(min(binary.LittleEndian.Uint32(b[8:]), 1<<20)), 12
	}
	if n > len(b)-at {
		return Tensor{}, errors.New("its header is cut off")
	}
	head := b[at : at+n]
	shape, kind := npyShape.FindSubmatch(head), npyType.FindSubmatch(head)
	if shape == nil {
		return Tensor{}, errors.New("its header names no shape")
	}
	t := Tensor{Name: name, DType: "?"}
	if kind != nil {
		t.DType = string(kind[1])
		if d, ok := npyTypes[t.DType]; ok {
			t.DType = d
		}
	}
	for d := range strings.SplitSeq(string(shape[1]), ",") {
		if d = strings.TrimSpace(d); d == "" {
			continue
		}
		v, err := strconv.ParseInt(d, 10, 64)
		if err != nil {
			return Tensor{}, fmt.Errorf("a dimension of %q", d)
		}
		t.Shape = append(t.Shape, v)
	}
	return t, nil
}

// readWeights adds how many numbers an HDF5 file in an archive holds.
func readWeights(ctx context.Context, s *Sheet, f *zip.File) error {
	b, err := s.unpack(f)
	if err != nil {
		return err
	}
	c, err := hdf5.Read(ctx, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return fmt.Errorf("member %q: %w", f.Name, err)
	}
	s.Parameters += c.Elements
	s.Facts["arrays in "+f.Name] = strconv.Itoa(c.Datasets)
	return nil
}

// isSafetensors reports whether a file begins with a header of safetensors: its
// length, and JSON.
func isSafetensors(r io.ReaderAt, size int64) bool {
	var head [9]byte
	if n, _ := r.ReadAt(head[:], 0); n < len(head) {
		return false
	}
	n := binary.LittleEndian.Uint64(head[:])
	return head[8] == '{' && size >= 8 && n <= uint64(size-8) && n <= maxHeld
}

// readSafetensors describes the tensors in the order of their data.
func readSafetensors(s *Sheet, r io.ReaderAt, size int64) error {
	s.Format = "safetensors"
	head, err := held(r, 0, 8)
	if err != nil {
		return err
	}
	n := int64(min(binary.LittleEndian.Uint64(head), maxHeld))
	b, err := held(r, 8, n)
	if err != nil {
		return err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(b, &entries); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int64  `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	ends := make(map[string]int64)
	for name, raw := range entries {
		if name == "__metadata__" {
			var meta map[string]string
			if json.Unmarshal(raw, &meta) == nil {
				maps.Copy(s.Facts, meta)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		from, to := e.Offsets[0], e.Offsets[1]
		if from < 0 || to < from || to > size-8-n {
			return fmt.Errorf("tensor %q lies outside the file", name)
		}
		s.Tensors = append(s.Tensors, Tensor{Name: name, DType: e.DType, Shape: e.Shape, read: func() ([]byte, error) {
			if to-from > maxTensor {
				return nil, fmt.Errorf("%d bytes are more than are copied", to-from)
			}
			out := make([]byte, to-from)
			return out, readFull(r, out, 8+n+from)
		}})
		ends[name] = to
	}
	slices.SortFunc(s.Tensors, func(a, b Tensor) int {
		if d := ends[a.Name] - ends[b.Name]; d != 0 {
			return int(max(-1, min(1, d)))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return nil
}
