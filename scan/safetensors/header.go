package safetensors

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"quintain"
	"quintain/scan"
)

const maxTensors = 1 << 20

// widths are the sizes of the element types in bits.
var widths = map[string]uint64{
	"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}

// A span is where the data of one tensor is, and where the header says so.
type span struct{ begin, end, at int64 }

// A header is the JSON at the beginning of the file, as far as it is needed.
type header struct {
	f        *scan.File
	r        reader
	data     int64 // bytes behind the header
	spans    []span
	seen     map[uint64]bool // hashes of names
	elements int64
	padding  int64 // spaces behind the object
}

// read reads the header, an object of tensors.
func (h *header) read() error {
	h.seen = make(map[uint64]bool)
	if err := h.object(func(at int64, key uint64, name string) error {
		if h.seen[key] {
			h.f.Reportf(quintain.High, at, "the name %q is there twice, so programs differ on what it is", name)
		}
		h.seen[key] = true
		if name == "__metadata__" {
			return h.metadata()
		}
		if len(h.spans) >= maxTensors {
			return fmt.Errorf("%w: more than %d tensors", scan.ErrBudget, maxTensors)
		}
		return h.tensor(at, name)
	}); err != nil {
		return err
	}
	return h.rest()
}

// rest sees that only spaces follow the object.
func (h *header) rest() error {
	for h.r.off < h.r.end {
		b, err := h.r.w.UpTo(h.r.off, int(min(h.r.end-h.r.off, scan.MaxBytes)))
		if err != nil {
			return err
		}
		for i, c := range b {
			if c != ' ' {
				h.f.Reportf(quintain.Medium, h.r.off+int64(i), "the header goes on behind its end")
				return nil
			}
		}
		h.padding += int64(len(b))
		h.r.off += int64(len(b))
	}
	return nil
}

// object reads an object and calls member after each key.
func (h *header) object(member func(at int64, key uint64, name string) error) error {
	if err := h.r.expect('{'); err != nil {
		return err
	}
	if c, err := h.r.peek(); err != nil || c == '}' {
		h.r.off++
		return err
	}
	for {
		if _, err := h.r.peek(); err != nil {
			return err
		}
		at := h.r.off
		key, err := h.r.str()
		if err != nil {
			return err
		}
		name := string(h.r.text)
		if err := h.r.expect(':'); err != nil {
			return err
		}
		if err := member(at, key, name); err != nil {
			return err
		}
		if again, err := h.r.more('}'); err != nil || !again {
			return err
		}
	}
}

// metadata reads what may only be strings under different names.
func (h *header) metadata() error {
	seen := make(map[uint64]bool)
	return h.object(func(at int64, key uint64, name string) error {
		if seen[key] {
			h.f.Reportf(quintain.Medium, at, "the metadata name %q is there twice", name)
		}
		if seen[key] = true; len(seen) > maxTensors {
			return fmt.Errorf("%w: more than %d metadata names", scan.ErrBudget, maxTensors)
		}
		_, err := h.r.str()
		return err
	})
}

// naturals reads an array of sizes.
func (h *header) naturals(limit int) ([]int64, error) {
	if err := h.r.expect('['); err != nil {
		return nil, err
	}
	if c, err := h.r.peek(); err != nil || c == ']' {
		h.r.off++
		return nil, err
	}
	var out []int64
	for {
		n, err := h.r.natural()
		if err != nil {
			return nil, err
		}
		if out = append(out, n); len(out) > limit {
			return nil, fmt.Errorf("an array of more than %d sizes", limit)
		}
		if again, err := h.r.more(']'); err != nil || !again {
			return out, err
		}
	}
}

const maxRank = 1024

// tensor reads one tensor: its type, shape and place.
func (h *header) tensor(at int64, name string) error {
	var kind string
	var shape, place []int64
	have := make(map[string]bool)
	err := h.object(func(at int64, _ uint64, key string) error {
		if have[key] {
			h.f.Reportf(quintain.High, at, "%q of tensor %q is there twice, so programs differ on it", key, name)
		}
		have[key] = true
		var err error
		switch key {
		case "dtype":
			_, err = h.r.str()
			kind = string(h.r.text)
		case "shape":
			shape, err = h.naturals(maxRank)
		case "data_offsets":
			place, err = h.naturals(2)
		default:
			err = fmt.Errorf("tensor %q has a field %q, which the format does not know", name, key)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !have["dtype"] || !have["shape"] || len(place) != 2:
		return fmt.Errorf("tensor %q lacks its type, shape or place", name)
	}
	h.place(at, name, kind, shape, place)
	return nil
}

// place checks that the tensor is where it can be and as large as it must be.
func (h *header) place(at int64, name, kind string, shape, place []int64) {
	begin, end := place[0], place[1]
	h.spans = append(h.spans, span{begin, end, at})
	if begin > end || end > h.data {
		h.f.Reportf(quintain.High, at, "tensor %q is at %d to %d of %d bytes", name, begin, end, h.data)
		return
	}
	width, known := widths[kind]
	if !known {
		h.f.Doubtf(at, "tensor %q has the type %q, whose size is not known", name, kind)
		return
	}
	n := uint64(1)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, uint64(d)) // not negative
		if hi != 0 {
			h.f.Reportf(quintain.High, at, "the shape of tensor %q overflows", name)
			return
		}
		n = lo
	}
	hi, size := bits.Mul64(n, width)
	if hi != 0 || size%8 != 0 || size/8 != uint64(end-begin) { // begin <= end
		h.f.Reportf(quintain.High, at, "tensor %q of type %s and shape %v does not have the %d bytes it is given", name, kind, shape, end-begin)
		return
	}
	h.elements += int64(n) // at most 2 for each bit of the file
}

// cover sees that the tensors cover the data without gap or overlap, and looks
// into what they leave.
func (h *header) cover(ctx context.Context, base int64) error {
	slices.SortStableFunc(h.spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	at := int64(0)
	for _, s := range h.spans {
		switch {
		case s.end > h.data || s.begin > s.end: // reported
			continue
		case s.begin < at:
			h.f.Reportf(quintain.High, s.at, "a tensor overlaps another by %d bytes", min(at, s.end)-s.begin)
		case s.begin > at:
			n := s.begin - at
			h.f.Reportf(quintain.Medium, base+at, "%d bytes belong to no tensor", n)
			if err := h.f.Search(ctx, "what belongs to no tensor", base+at, io.NewSectionReader(h.f, base+at, n), n); err != nil {
				return err
			}
		}
		if s.end > at {
			h.f.Account(scan.Tensor, s.end-max(s.begin, at))
			at = s.end
		}
	}
	n := h.data - at
	if n <= 0 {
		return nil
	}
	h.f.Reportf(quintain.Medium, base+at, "%d bytes behind the last tensor belong to none", n)
	h.f.Account(scan.Delegated, n)
	_, err := h.f.Descend(ctx, "trailing", io.NewSectionReader(h.f, base+at, n), n)
	return err
}
