package onnx

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
)

// widths are the sizes of the element types in bits; strings have none.
var widths = map[uint64]uint64{
	1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
	17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}

const typeString = 8

// A shape is what a tensor says of itself.
type shape struct {
	at       int64
	name     string
	elements uint64
	overflow bool
	kind     uint64
	raw      int64  // bytes of raw data, or -1
	words    uint64 // 4-byte and 8-byte elements in typed fields
	typed    bool   // has typed fields
	external bool
	entries  map[string]string
}

// tensor checks that a tensor has the data that its shape calls for, here or
// in a file beside the model.
func (x *walker) tensor(t val) error {
	s := shape{at: t.at, elements: 1, raw: -1}
	err := x.fields("tensor", t.off, t.off+t.n, func(v val) error { return x.tensorField(&s, v) })
	if err != nil {
		return err
	}
	if s.external || s.entries != nil {
		x.place(&s)
		return nil
	}
	x.size(&s)
	return nil
}

func (x *walker) tensorField(s *shape, v val) (err error) {
	switch v.name {
	case "name":
		s.name, err = x.str(v)
	case "data_type":
		s.kind = v.number
	case "data_location":
		s.external = v.number == 1
	case "dims":
		return x.dims(s, v)
	case "raw_data":
		x.data(v)
		s.raw = max(s.raw, 0) + v.n
	case "float_data", "double_data":
		x.data(v)
		s.typed = true
		width := int64(4)
		if v.name == "double_data" {
			width = 8
		}
		if v.wire == protowire.VarintType || v.n%width != 0 {
			x.f.Reportf(quintain.Medium, v.at, "the %s of a tensor is no sequence of numbers", v.name)
		}
		s.words += uint64(v.n / width) // not negative
	case "int32_data", "int64_data", "uint64_data", "string_data":
		x.data(v)
		s.typed = true
		if s.words != unknownWords {
			s.words = unknownWords
		}
	case "external_data":
		return x.entry(s, v)
	default:
		if v.kind == nested {
			return x.walk(v.sub, v, maxNest-1)
		}
	}
	return err
}

// unknownWords stands for typed data whose elements have no fixed size.
const unknownWords = 1<<64 - 1

// data accounts for bytes that are numbers of a tensor.
func (x *walker) data(v val) {
	x.f.Account(scan.Tensor, v.n)
	x.numbers += v.n
}

// dims multiplies the dimensions, one or a packed sequence.
func (x *walker) dims(s *shape, v val) error {
	times := func(d uint64) {
		hi, lo := bits.Mul64(s.elements, d)
		s.overflow = s.overflow || hi != 0 || lo > 1<<62 || d > 1<<62
		s.elements = lo
	}
	if v.wire == protowire.VarintType {
		times(v.number)
		return nil
	}
	for off, end := v.off, v.off+v.n; off < end; {
		b, err := x.w.UpTo(off, 10)
		if err != nil {
			return scan.Errorf(off, "%w", err)
		}
		d, n := protowire.ConsumeVarint(b[:min(int64(len(b)), end-off)])
		if n < 0 {
			return scan.Errorf(off, "dimension: %w", protowire.ParseError(n))
		}
		times(d)
		off += int64(n)
	}
	return nil
}

// entry reads one fact about where the data of a tensor are.
func (x *walker) entry(s *shape, e val) error {
	var key, value string
	err := x.fields("entry", e.off, e.off+e.n, func(v val) (err error) {
		if v.name == "key" {
			key, err = x.str(v)
		} else {
			value, err = x.str(v)
		}
		return err
	})
	if s.entries == nil {
		s.entries = make(map[string]string)
	}
	if _, twice := s.entries[key]; twice {
		x.f.Reportf(quintain.High, e.at, "%q of the data of tensor %q is there twice, so programs differ on it", key, s.name)
	}
	if len(s.entries) < maxNest {
		s.entries[key] = value
	}
	return err
}

// place judges where the data of a tensor are to be read from.
func (x *walker) place(s *shape) {
	location := s.entries["location"]
	for _, key := range []string{"offset", "length"} {
		if v, ok := s.entries[key]; ok {
			if _, err := strconv.ParseUint(v, 10, 63); err != nil {
				x.f.Reportf(quintain.High, s.at, "the %s %q of the data of tensor %q is no size", key, v, s.name)
			}
		}
	}
	x.outside++
	if why := escapes(location); why != "" {
		x.f.Reportf(quintain.High, s.at, "the data of tensor %q are read from %q, which %s", s.name, location, why)
		return
	}
	n := int64(-1)
	if v, err := strconv.ParseInt(s.entries["length"], 10, 64); err == nil && v >= 0 {
		n = v
	}
	x.f.Refer(scan.External{Key: location, Bytes: n, Offset: s.at})
	if _, ok := x.places[location]; !ok && len(x.places) < maxNames {
		x.places[location] = s.at
	}
}

// escapes says how a location leaves the folder of the model, if it does.
func escapes(location string) string {
	slashed := strings.ReplaceAll(location, `\`, "/")
	switch {
	case location == "":
		return "is no file"
	case strings.Contains(slashed, "://"):
		return "is on another machine"
	case strings.HasPrefix(slashed, "/") || len(slashed) > 1 && slashed[1] == ':' || strings.HasPrefix(slashed, "~"):
		return "is outside the folder of the model"
	case strings.ContainsRune(location, 0):
		return "holds a zero byte"
	}
	if slices.Contains(strings.Split(slashed, "/"), "..") {
		return "is outside the folder of the model"
	}
	return ""
}

// size compares the data of a tensor with its shape.
func (x *walker) size(s *shape) {
	if s.overflow {
		x.f.Reportf(quintain.High, s.at, "the shape of tensor %q overflows", s.name)
		return
	}
	x.elements += int64(min(s.elements, 1<<40)) // bounded
	if s.kind == typeString {
		return
	}
	width, known := widths[s.kind]
	if !known {
		x.f.Doubtf(s.at, "tensor %q has the type %d, whose size is not known", s.name, s.kind)
		return
	}
	hi, n := bits.Mul64(s.elements, width)
	want := n/8 + (n%8+7)/8
	why := ""
	switch {
	case hi != 0:
		why = "more bytes than there can be"
	case s.raw >= 0 && s.typed:
		why = "its data twice"
	case s.raw >= 0 && uint64(s.raw) != want:
		why = fmt.Sprintf("%d bytes where its shape calls for %d", s.raw, want)
	case s.raw < 0 && s.typed && s.words != unknownWords && s.words != s.elements && s.words != 2*s.elements:
		why = fmt.Sprintf("%d numbers where its shape calls for %d", s.words, s.elements)
	case s.raw < 0 && !s.typed && s.elements > 0:
		why = fmt.Sprintf("no data where its shape calls for %d bytes", want)
	}
	if why != "" {
		x.f.Reportf(quintain.High, s.at, "tensor %q has %s", s.name, why)
	}
}
