package numpy

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
)

// A dtype is the type of an element.
type dtype struct {
	size   int64
	object bool // it holds objects of Python, which are pickled
	known  bool
}

var errOverflow = errors.New("a size has more than 63 bits")

// times multiplies sizes that are not negative.
func times(a, b int64) (int64, error) {
	hi, lo := bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // not negative
	if hi != 0 || lo > math.MaxInt64 {
		return 0, errOverflow
	}
	return int64(lo), nil //nolint:gosec // checked above
}

// dtype returns the type that a description stands for: a code, a list of
// fields, or a type with a shape of its own.
func (v literal) dtype() (dtype, error) {
	switch {
	case v.kind == kindString:
		return code(v.text)
	case v.kind == kindTuple && len(v.items) == 2:
		return subarray(v.items[0], v.items[1])
	case v.kind == kindList:
		return v.fields()
	}
	return dtype{}, errors.New("the type is neither a code nor a list of fields")
}

// fields adds up the fields of a structured type.
func (v literal) fields() (dtype, error) {
	all := dtype{known: true}
	seen := make(map[string]bool)
	for _, field := range v.items {
		if field.kind != kindTuple || len(field.items) < 2 || len(field.items) > 3 {
			return dtype{}, errors.New("a field is no pair or triple")
		}
		for _, name := range names(field.items[0]) {
			if name != "" && seen[name] {
				return dtype{}, fmt.Errorf("field %q appears twice", name)
			}
			seen[name] = true
		}
		one, err := field.items[1].dtype()
		if err == nil && len(field.items) == 3 {
			one, err = subarray(field.items[1], field.items[2])
		}
		if err != nil {
			return dtype{}, err
		}
		if one.size > math.MaxInt64-all.size {
			return dtype{}, errOverflow
		}
		all.size += one.size
		all.object = all.object || one.object
		all.known = all.known && one.known
	}
	return all, nil
}

// names returns the name of a field, and its title if it has one.
func names(v literal) []string {
	if v.kind == kindString {
		return []string{v.text}
	}
	var out []string
	for _, x := range v.items {
		out = append(out, x.text)
	}
	return out
}

func subarray(descr, shape literal) (dtype, error) {
	one, err := descr.dtype()
	if err != nil {
		return dtype{}, err
	}
	if shape.kind == kindInt {
		shape = literal{kind: kindTuple, items: []literal{shape}}
	}
	dims, err := shape.shape()
	if err != nil {
		return dtype{}, err
	}
	n, err := product(dims)
	if err != nil {
		return dtype{}, err
	}
	one.size, err = times(one.size, n)
	return one, err
}

// codes are the types that NumPy writes: the order of bytes, a kind, a size,
// and the unit of a time.
var codes = regexp.MustCompile(`^[<>|=]?([biufcSUVOMm])(\d{0,10})(\[[0-9A-Za-zμ/]{1,20}\])?$`)

// sizes of kinds that have only some.
var sizes = map[string][]int64{
	"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8, 12, 16}, "c": {8, 16, 24, 32}, "M": {8}, "m": {8},
}

// code returns the type of a code such as "<f4". One that NumPy does not
// write is not known, and may stand for anything.
func code(s string) (dtype, error) {
	m := codes.FindStringSubmatch(s)
	if m == nil || m[3] != "" && m[1] != "M" && m[1] != "m" {
		return dtype{}, nil
	}
	if m[1] == "O" {
		return dtype{object: true, known: true}, nil
	}
	n, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		return dtype{}, nil //nolint:nilerr // a code without a size is not known
	}
	if allowed, ok := sizes[m[1]]; ok && !slices.Contains(allowed, n) {
		return dtype{}, nil
	}
	if m[1] == "U" {
		n, err = times(n, 4)
	}
	return dtype{size: n, known: true}, err
}

// maxDims is the most dimensions that any version of NumPy has.
const maxDims = 64

// shape returns the dimensions of a tuple.
func (v literal) shape() ([]int64, error) {
	if v.kind != kindTuple {
		return nil, errors.New("the shape is no tuple")
	}
	if len(v.items) > maxDims {
		return nil, fmt.Errorf("the shape has %d dimensions, more than %d", len(v.items), maxDims)
	}
	var out []int64
	for _, d := range v.items {
		switch {
		case d.kind != kindInt:
			return nil, errors.New("the shape is no tuple of integers")
		case d.n < 0:
			return nil, fmt.Errorf("the shape has the negative dimension %d", d.n)
		}
		out = append(out, d.n)
	}
	return out, nil
}

func product(dims []int64) (int64, error) {
	n := int64(1)
	var err error
	for _, d := range dims {
		if n, err = times(n, d); err != nil {
			return 0, err
		}
	}
	return n, nil
}
