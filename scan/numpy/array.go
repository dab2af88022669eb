package numpy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"quintain"
	"quintain/scan"
)

// An array is what a header describes.
type array struct {
	descr literal
	dtype dtype
	dims  []int64
	size  int64 // of the data in bytes, if the type is known and holds no objects
}

// array returns the array that a header describes. The keys are the three that
// NumPy demands, each once: programs differ on which of two counts.
func (v literal) array() (array, error) {
	if v.kind != kindDict {
		return array{}, errors.New("it is no dict")
	}
	entries := make(map[string]literal)
	for i, key := range v.keys {
		if _, ok := entries[key]; ok {
			return array{}, fmt.Errorf("key %q appears twice", key)
		}
		entries[key] = v.items[i]
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if _, ok := entries[key]; !ok {
			return array{}, fmt.Errorf("key %q is missing", key)
		}
	}
	if len(entries) != 3 {
		return array{}, fmt.Errorf("it has %d keys instead of 3", len(entries))
	}
	if entries["fortran_order"].kind != kindBool {
		return array{}, errors.New("the order is no truth value")
	}
	a := array{descr: entries["descr"]}
	var err error
	if a.dims, err = entries["shape"].shape(); err != nil {
		return array{}, err
	}
	if a.dtype, err = a.descr.dtype(); err != nil {
		return array{}, err
	}
	n, err := product(a.dims)
	if err == nil {
		a.size, err = times(n, a.dtype.size)
	}
	if err != nil {
		return array{}, fmt.Errorf("shape %s: %w", a.shapeText(), err)
	}
	return a, nil
}

func (a *array) shapeText() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(a.dims), " ", "x"), "[]")
}

// short names a type for a person.
func (v literal) short() string {
	if v.kind == kindString {
		return fmt.Sprintf("%q", v.text)
	}
	return fmt.Sprintf("of %d fields", len(v.items))
}

// spare is how much more than the file holds a shape may ask for before that
// is an attack on the memory of the loader and no file cut short.
const spare = 1 << 30

// data accounts for everything behind the header.
func (a *array) data(ctx context.Context, f *scan.File, off int64) error {
	n := f.Size() - off
	if a.dtype.object {
		if n == 0 {
			return scan.Errorf(off, "the pickle of the objects is missing")
		}
		return descend(ctx, f, "data.pkl", off, n)
	}
	switch {
	case !a.dtype.known:
		f.Doubtf(off, "type %s is not known", a.descr.short())
		return rest(ctx, f, off)
	case a.size > n && a.size-n > spare:
		f.Reportf(quintain.Medium, off, "the shape asks for %d bytes and the file has %d: a loader makes room before it notices", a.size, n)
		return nil
	case a.size > n:
		return scan.Errorf(off, "the shape asks for %d bytes, the file has %d", a.size, n)
	}
	if err := a.numbers(ctx, f, off); err != nil {
		return err
	}
	if off += a.size; a.size < n {
		f.Reportf(quintain.Medium, off, "%d bytes follow the array", n-a.size)
		return descend(ctx, f, "trailing", off, n-a.size)
	}
	return nil
}

// numbers accounts for the elements. They are never unpickled, but nothing
// keeps other code from doing so: what begins and ends like a pickle is looked
// at as one.
func (a *array) numbers(ctx context.Context, f *scan.File, off int64) error {
	var first [2]byte
	var last [1]byte
	if a.size > 2 {
		if _, err := f.ReadAt(first[:], off); err != nil {
			return err
		}
		if _, err := f.ReadAt(last[:], off+a.size-1); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if first[0] == 0x80 && first[1] >= 2 && first[1] <= 5 && last[0] == '.' {
		return descend(ctx, f, "data", off, a.size)
	}
	f.Account(scan.Tensor, a.size)
	return nil
}

// descend hands a stretch of the file to the other formats.
func descend(ctx context.Context, f *scan.File, name string, off, n int64) error {
	f.Account(scan.Delegated, n)
	if _, err := f.Descend(ctx, name, io.NewSectionReader(f, off, n), n); err != nil {
		return scan.Errorf(off, "%s: %w", name, err)
	}
	return nil
}
