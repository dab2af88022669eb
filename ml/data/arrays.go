package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"
)

const npyMagic = "\x93NUMPY"

const (
	maxHeader = 1 << 16 // bytes of the header of an NPY file
	maxRank   = 4
)

// An array is numbers in rows.
type array struct {
	shape []int
	data  []float64
}

// shapeSize checks a shape and returns the number of its elements.
func shapeSize(shape []int) (int, error) {
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > MaxValues/d {
			return 0, formatf("an array of shape %v, more than %d numbers", shape, MaxValues)
		}
		n *= d
	}
	return n, nil
}

// npy reads an NPY file.
func npy(b []byte) (*array, error) {
	if len(b) < 12 || !bytes.HasPrefix(b, []byte(npyMagic)) {
		return nil, formatf("not an NPY file")
	}
	at, head := 10, int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] > 1 {
		at, head = 12, int(min(binary.LittleEndian.Uint32(b[8:]), math.MaxInt32))
	}
	if head > maxHeader || len(b)-at < head {
		return nil, formatf("an NPY header of %d bytes", head)
	}
	typ, shape, err := npyHeader(string(b[at : at+head]))
	if err != nil {
		return nil, err
	}
	n, err := shapeSize(shape)
	if err != nil {
		return nil, err
	}
	get, width := element(typ)
	if get == nil {
		return nil, formatf("elements of type %q; numbers are wanted, and objects are never unpickled", clip(typ))
	}
	if b = b[at+head:]; len(b) != n*width {
		return nil, formatf("%d bytes for an array of shape %v of %d-byte numbers", len(b), shape, width)
	}
	a := &array{shape: shape, data: make([]float64, n)}
	for i := range a.data {
		a.data[i] = get(b[i*width:])
	}
	return a, nil
}

// npyHeader reads the dictionary that describes an array.
func npyHeader(s string) (typ string, shape []int, err error) {
	_, rest, ok := strings.Cut(s, "'descr':")
	if rest = strings.TrimSpace(rest); !ok || len(rest) < 2 || rest[0] != '\'' {
		return "", nil, formatf("an NPY header without a plain type")
	}
	typ, _, _ = strings.Cut(rest[1:], "'")
	_, order, ok := strings.Cut(s, "'fortran_order':")
	if !ok || !strings.HasPrefix(strings.TrimSpace(order), "False") {
		return "", nil, formatf("an NPY array in Fortran order, or without an order")
	}
	_, rest, ok = strings.Cut(s, "'shape':")
	_, rest, open := strings.Cut(rest, "(")
	list, _, closed := strings.Cut(rest, ")")
	if !ok || !open || !closed {
		return "", nil, formatf("an NPY header without a shape")
	}
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		d, err := strconv.Atoi(part)
		if err != nil || d < 0 || len(shape) == maxRank {
			return "", nil, formatf("an NPY array of shape (%s)", clip(list))
		}
		shape = append(shape, d)
	}
	return typ, shape, nil
}

// element returns how to read a number of a NumPy type and how many bytes it
// has; nil if it is none.
func element(typ string) (get func(b []byte) float64, width int) {
	if len(typ) != 3 {
		return nil, 0
	}
	var o binary.ByteOrder = binary.LittleEndian
	if typ[0] == '>' {
		o = binary.BigEndian
	}
	switch typ[1:] {
	case "f8":
		return func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }, 8
	case "f4":
		return func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }, 4
	case "i8":
		return func(b []byte) float64 { return float64(int64(o.Uint64(b))) }, 8
	case "u8":
		return func(b []byte) float64 { return float64(o.Uint64(b)) }, 8
	case "i4":
		return func(b []byte) float64 { return float64(int32(o.Uint32(b))) }, 4
	case "u4":
		return func(b []byte) float64 { return float64(o.Uint32(b)) }, 4
	case "i2":
		return func(b []byte) float64 { return float64(int16(o.Uint16(b))) }, 2
	case "u2":
		return func(b []byte) float64 { return float64(o.Uint16(b)) }, 2
	case "i1":
		return func(b []byte) float64 { return float64(int8(b[0])) }, 1
	case "u1", "b1":
		return func(b []byte) float64 { return float64(b[0]) }, 1
	}
	return nil, 0
}

// matrix reads an NPY file whose last column is the label.
func matrix(b []byte) (*Table, error) {
	a, err := npy(b)
	if err != nil {
		return nil, err
	}
	if len(a.shape) != 2 || a.shape[1] < 2 {
		return nil, formatf("an array of shape %v; a matrix with the label in the last column is wanted, or an NPZ file with arrays x and y", a.shape)
	}
	d := a.shape[1] - 1
	var x []float32
	var y []float64
	for i := 0; i < len(a.data); i += d + 1 {
		for _, v := range a.data[i : i+d] {
			x = append(x, float32(v))
		}
		y = append(y, a.data[i+d])
	}
	return assemble(x, y, nil)
}

// The names of the arrays of an NPZ file, in small letters.
var (
	rowNames   = []string{"x", "data", "images", "features", "x_train", "x_test"}
	labelNames = []string{"y", "label", "labels", "target", "targets", "y_train", "y_test"}
)

// npz reads an NPZ file with an array of rows and one of labels.
func npz(b []byte) (*Table, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, formatf("zip: %w", err)
	}
	x, err := member(z, rowNames)
	if err != nil {
		return nil, err
	}
	y, err := member(z, labelNames)
	if err != nil {
		return nil, err
	}
	if len(x.shape) < 2 || len(y.data) != x.shape[0] {
		return nil, formatf("arrays of shapes %v and %v are no rows and labels", x.shape, y.shape)
	}
	flat := make([]float32, len(x.data))
	for i, v := range x.data {
		flat[i] = float32(v)
	}
	return assemble(flat, y.data, pictureShape(x.shape[1:]))
}

// pictureShape returns the shape of a row if it is an image with the channels first.
func pictureShape(shape []int) []int {
	if len(shape) == 2 || len(shape) == 3 && (shape[0] == 1 || shape[0] == 3) {
		return shape
	}
	return nil
}

// member reads the first array with one of the names.
func member(z *zip.Reader, names []string) (*array, error) {
	for _, want := range names {
		for _, f := range z.File {
			if strings.ToLower(f.Name) != want+".npy" {
				continue
			}
			r, err := f.Open()
			if err != nil {
				return nil, formatf("%q: %w", clip(f.Name), err)
			}
			b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
			if cerr := r.Close(); err == nil {
				err = cerr
			}
			if err != nil {
				return nil, formatf("%q: %w", clip(f.Name), err)
			}
			if len(b) > MaxBytes {
				return nil, formatf("%q has more than %d bytes", clip(f.Name), MaxBytes)
			}
			return npy(b)
		}
	}
	return nil, formatf("no array called %s", strings.Join(names, ", "))
}

// idxSize returns how many bytes a number of an IDX type has, 0 if there is no
// such type.
func idxSize(typ byte) int {
	switch typ {
	case 8, 9:
		return 1
	case 11:
		return 2
	case 12, 13:
		return 4
	case 14:
		return 8
	}
	return 0
}

// idx reads an IDX file.
func idx(b []byte) (*array, error) {
	if len(b) < 4 || b[0] != 0 || b[1] != 0 || idxSize(b[2]) == 0 || b[3] < 1 || b[3] > maxRank {
		return nil, formatf("not an IDX file")
	}
	rank := int(b[3])
	if len(b) < 4+4*rank {
		return nil, formatf("an IDX file that ends in its header")
	}
	a := &array{}
	for i := range rank {
		a.shape = append(a.shape, int(binary.BigEndian.Uint32(b[4+4*i:])))
	}
	n, err := shapeSize(a.shape)
	if err != nil {
		return nil, err
	}
	get, width := element(map[byte]string{8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[b[2]])
	if b = b[4+4*rank:]; len(b) != n*width {
		return nil, formatf("%d bytes for an IDX array of shape %v of %d-byte numbers", len(b), a.shape, width)
	}
	a.data = make([]float64, n)
	for i := range a.data {
		a.data[i] = get(b[i*width:])
	}
	return a, nil
}

// IDX reads two IDX files as MNIST has them: images and their labels. Pixels
// that are bytes become numbers from 0 to 1.
func IDX(images, labels []byte) (*Table, error) {
	x, err := idx(images)
	if err != nil {
		return nil, err
	}
	y, err := idx(labels)
	if err != nil {
		return nil, err
	}
	if len(x.shape) < 2 || len(y.shape) != 1 || x.shape[0] != y.shape[0] {
		return nil, formatf("arrays of shapes %v and %v are no images and labels", x.shape, y.shape)
	}
	flat := make([]float32, len(x.data))
	for i, v := range x.data {
		if images[2] == 8 {
			v /= 255
		}
		flat[i] = float32(v)
	}
	t, err := assemble(flat, y.data, pictureShape(x.shape[1:]))
	if err == nil && images[2] == 8 {
		t.Bounds = &pixels
	}
	return t, err
}
