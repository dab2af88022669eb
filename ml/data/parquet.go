package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

const maxColumns = 1 << 14

// parquetTable reads a Parquet file of flat columns of numbers.
func parquetTable(b []byte) (t *Table, err error) {
	defer func() { // the library panics on some broken files
		if p := recover(); p != nil {
			t, err = nil, formatf("parquet: %s", clip(fmt.Sprint(p)))
		}
	}()
	if err := checkFooter(b); err != nil {
		return nil, formatf("parquet: %w", err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, formatf("parquet: %w", err)
	}
	names, label, err := parquetColumns(f)
	if err != nil {
		return nil, err
	}
	if err := checkPages(f, b); err != nil {
		return nil, formatf("parquet: %w", err)
	}
	rows := int(f.NumRows())
	columns := make([][]float64, len(names))
	for _, g := range f.RowGroups() {
		for i, c := range g.ColumnChunks() {
			if columns[i], err = appendColumn(columns[i], c, rows); err != nil {
				return nil, formatf("column %q: %w", clip(names[i]), err)
			}
		}
	}
	var x []float32
	for r := range rows {
		for i, c := range columns {
			if len(c) != rows {
				return nil, formatf("column %q has %d values for %d rows", clip(names[i]), len(c), rows)
			}
			if i != label {
				x = append(x, float32(c[r]))
			}
		}
	}
	if t, err = assemble(x, columns[label], nil); err == nil {
		t.Features = slices.Delete(names, label, label+1)
	}
	return t, err
}

// parquetColumns returns the names of the columns and which is the label,
// before any memory is taken for them.
func parquetColumns(f *parquet.File) (names []string, label int, err error) {
	fields := f.Schema().Fields()
	if len(fields) < 2 || len(fields) > maxColumns {
		return nil, 0, formatf("parquet: %d columns; there must be features and a label", len(fields))
	}
	if n := f.NumRows(); n < 1 || n > int64(MaxValues/len(fields)) {
		return nil, 0, formatf("parquet: %d rows of %d columns, want 1 to %d numbers", n, len(fields), MaxValues)
	}
	label = len(fields) - 1
	for i, c := range fields {
		if !c.Leaf() || c.Repeated() || c.Type().Kind() > parquet.Double || c.Type().Kind() == parquet.Int96 {
			return nil, 0, formatf("parquet: column %q does not hold numbers", clip(c.Name()))
		}
		if strings.EqualFold(c.Name(), "label") {
			label = i
		}
		names = append(names, c.Name())
	}
	var size, compressed int64
	for _, g := range f.Metadata().RowGroups {
		for _, c := range g.Columns {
			if s := c.MetaData.TotalUncompressedSize; s < 0 || s > MaxBytes {
				return nil, 0, formatf("parquet: a column of %d bytes", s)
			}
			size += c.MetaData.TotalUncompressedSize
			compressed += c.MetaData.TotalCompressedSize
		}
	}
	if size > MaxBytes || compressed > f.Size() {
		return nil, 0, formatf("parquet: columns of %d bytes in a file of %d, want %d at most", size, f.Size(), MaxBytes)
	}
	return names, label, nil
}

// appendColumn reads the values of one piece of a column.
func appendColumn(to []float64, c parquet.ColumnChunk, rows int) (out []float64, err error) {
	pages := c.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	buf := make([]parquet.Value, 256)
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return to, nil
		}
		if err != nil {
			return nil, err
		}
		values := p.Values()
		for more := true; more; {
			n, err := values.ReadValues(buf)
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, err
			}
			more = err == nil && n > 0
			if len(to)+n > rows {
				return nil, fmt.Errorf("more than %d values", rows)
			}
			for _, v := range buf[:n] {
				x, ok := number(v)
				if !ok {
					return nil, fmt.Errorf("row %d holds no number", len(to))
				}
				to = append(to, x)
			}
		}
		parquet.Release(p)
	}
}

// number returns what a value of a column of numbers is.
func number(v parquet.Value) (float64, bool) {
	if v.IsNull() {
		return 0, false
	}
	switch v.Kind() {
	case parquet.Boolean:
		if v.Boolean() {
			return 1, true
		}
		return 0, true
	case parquet.Int32:
		return float64(v.Int32()), true
	case parquet.Int64:
		return float64(v.Int64()), true
	case parquet.Float:
		return float64(v.Float()), true
	case parquet.Double:
		return v.Double(), !math.IsNaN(v.Double())
	default:
		return 0, false
	}
}
