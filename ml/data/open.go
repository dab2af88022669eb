package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"quintain/ml"
)

// Open reads the table at path; the content decides how. A folder holds images,
// one folder for each class. A NumPy file (NPY) holds a matrix whose last
// column is the label; an NPZ file holds arrays called x and y. An IDX file of
// images has its labels beside it, in a file of the same name with "images"
// and "idx3" replaced by "labels" and "idx1". A Parquet file has columns of
// numbers, and its label is found as [Read] finds it. All else is CSV. Each may
// be compressed by gzip, but Parquet and NPZ. An error about the content wraps
// [ErrFormat] and begins with the path.
func Open(path string) (*Table, error) {
	t, err := open(path)
	if errors.Is(err, ErrFormat) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, err
}

func open(path string) (*Table, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return Images(os.DirFS(path))
	}
	if !info.Mode().IsRegular() {
		return nil, formatf("neither a file nor a folder")
	}
	b, err := load(path)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(b, []byte(npyMagic)):
		return matrix(b)
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return npz(b)
	case bytes.HasPrefix(b, []byte("PAR1")):
		return parquetTable(b)
	case len(b) >= 4 && b[0] == 0 && b[1] == 0 && idxSize(b[2]) > 0:
		return idxPair(path, b)
	}
	return Read(bytes.NewReader(b))
}

// load reads a file whole, out of its gzip compression.
func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	in := bufio.NewReader(f)
	var r io.Reader = in
	if head, err := in.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, formatf("gzip: %w", err)
		}
		r = z
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, formatf("gzip: %w", err)
	case err != nil:
		return nil, err
	case len(b) > MaxBytes:
		return nil, formatf("more than %d bytes", MaxBytes)
	}
	return b, nil
}

func formatf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrFormat}, args...)...)
}

// Batch returns the rows, which share memory with t.
func (t *Table) Batch() ml.Batch { return ml.Batch{X: t.X, Dim: len(t.Features), Y: t.Y} }

// A Warning says what makes a table a poor one to learn from or to judge by.
type Warning struct {
	Name string // "one-class", "constant-feature", "missing-class" or "few-rows"
	Text string // the same as a sentence, with figures
}

// fewRows is how many rows a class should have at least.
const fewRows = 10

// Warnings returns what is odd about t, nothing if it is fine.
func (t *Table) Warnings() []Warning {
	var out []Warning
	warn := func(name, format string, args ...any) {
		out = append(out, Warning{name, fmt.Sprintf(format, args...)})
	}
	counts := make([]int, int(slices.Max(t.Y))+1)
	for _, y := range t.Y {
		counts[y]++
	}
	used, missing, least := 0, -1, t.Rows()
	for c, n := range counts {
		switch {
		case n == 0 && missing < 0:
			missing = c
		case n > 0:
			used, least = used+1, min(least, n)
		}
	}
	if used == 1 {
		warn("one-class", "all %d rows have label %d, so there is nothing to tell apart", t.Rows(), t.Y[0])
	}
	if missing >= 0 && used > 1 {
		warn("missing-class", "no row has label %d, though labels go up to %d", missing, len(counts)-1)
	}
	if used > 1 && least < fewRows {
		warn("few-rows", "a class has %d rows only", least)
	}
	low, high := t.Batch().Ranges()
	constant := 0
	first := ""
	for i := range low {
		if low[i] == high[i] {
			if constant++; constant == 1 {
				first = t.Features[i]
			}
		}
	}
	if constant > 0 && t.Rows() > 1 {
		warn("constant-feature", "%d of %d features have one value in all rows, %q among them", constant, len(low), clip(first))
	}
	return out
}

// assemble makes a table of numbers and labels, and names the features.
func assemble(x []float32, y []float64, shape []int) (*Table, error) {
	if len(y) == 0 || len(x) == 0 {
		return nil, formatf("no rows")
	}
	if len(x)%len(y) != 0 {
		return nil, formatf("%d numbers for %d labels", len(x), len(y))
	}
	d := len(x) / len(y)
	t := &Table{X: x, Features: make([]string, d), Y: make([]int32, len(y))}
	for i := range t.Features {
		t.Features[i] = fmt.Sprintf("x%d", i)
	}
	for i, v := range x {
		if v != v || math.IsInf(float64(v), 0) {
			return nil, formatf("row %d: column %d holds %v, which is no number", i/d, i%d, v)
		}
	}
	for i, v := range y {
		if v != math.Trunc(v) || v < 0 || v > math.MaxInt16 {
			return nil, formatf("row %d: label %v is no class number", i, v)
		}
		t.Y[i] = int32(v)
	}
	if n := len(shape); n == 2 || n == 3 {
		t.Shape = append(slices.Repeat([]int{1}, 3-n), shape...)
	}
	return t, nil
}

// idxPair reads images and the labels beside them.
func idxPair(path string, b []byte) (*Table, error) {
	dir, name := filepath.Split(path)
	other := strings.ReplaceAll(strings.Replace(name, "images", "labels", 1), "idx3", "idx1")
	if other == name {
		return nil, formatf("an IDX file whose name does not say where its labels are; images are called ...images-idx3-ubyte, and labels ...labels-idx1-ubyte")
	}
	for _, try := range []string{other, strings.TrimSuffix(other, ".gz"), other + ".gz"} {
		l, err := load(filepath.Join(dir, try))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return IDX(b, l)
	}
	return nil, formatf("no file %q with the labels beside it", other)
}
