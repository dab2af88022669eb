// Package data reads labeled rows of numbers: from CSV, NumPy and IDX files,
// from Parquet files, and from folders of images.
//
// The bytes are hostile. Nothing is executed, and memory is bounded before it
// is taken.
package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The size limits of a table.
const (
	MaxBytes  = 1 << 28 // of the file
	MaxValues = 1 << 26 // numbers
)

// ErrFormat says that the bytes are no table of labeled rows.
var ErrFormat = errors.New("data: not a table of labeled rows")

// A Table is labeled rows of numbers.
type Table struct {
	Features []string  // names of the columns but the label
	X        []float32 // one row after the other
	Y        []int32   // the class of each row, not negative

	Text  []string // of each row, where there is a column called "text"; else nil
	Words int      // how many of the features, the last ones, count words of Text

	Shape   []int    // of a row that is an image: channels, height, width; else nil
	Bounds  *Bounds  // what every feature can be, whatever occurs; nil where only the rows tell
	Classes []string // names of the classes, where the source has them; else nil
}

// Rows returns the number of rows.
func (t *Table) Rows() int { return len(t.Y) }

// Row returns row i, which shares memory with t.
func (t *Table) Row(i int) []float32 {
	d := len(t.Features)
	return t.X[i*d : (i+1)*d : (i+1)*d]
}

// Read reads a table. The first line names the columns. The label is the
// column called "label" or, if there is none, the last one, and counts classes
// from 0. A column called "text" holds texts, and gives a feature for each of
// the most frequent words that at least two rows have: how often they have it.
// All other columns hold numbers. An error names the line, and wraps
// [ErrFormat] unless r failed.
func Read(r io.Reader) (*Table, error) {
	in := &io.LimitedReader{R: r, N: MaxBytes + 1}
	c := csv.NewReader(in)
	c.ReuseRecord = true
	c.TrimLeadingSpace = true
	t, at, err := header(c)
	for err == nil {
		var rec []string
		if rec, err = c.Read(); err == nil {
			line, _ := c.FieldPos(0)
			err = t.add(rec, at, line)
		}
	}
	var parse *csv.ParseError
	switch {
	case in.N <= 0:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrFormat, MaxBytes)
	case errors.As(err, &parse):
		return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, parse.Line, parse.Err)
	case !errors.Is(err, io.EOF):
		return nil, err
	case t == nil || t.Rows() == 0:
		return nil, fmt.Errorf("%w: no rows", ErrFormat)
	}
	if err := t.count(); err != nil {
		return nil, err
	}
	return t, nil
}

// A layout says which columns are no features; text is -1 if there is none.
type layout struct{ label, text int }

// feature returns which feature column i holds.
func (l layout) feature(i int) int {
	f := i
	if l.label < i {
		f--
	}
	if l.text >= 0 && l.text < i {
		f--
	}
	return f
}

// header reads the names of the columns and finds label and text.
func header(c *csv.Reader) (t *Table, at layout, err error) {
	names, err := c.Read()
	if err != nil {
		return nil, at, err
	}
	t = &Table{Features: slices.Clone(names)}
	t.Features[0] = strings.TrimPrefix(t.Features[0], "\ufeff")
	at = layout{len(names) - 1, -1}
	found, texts, numbers := 0, 0, 0
	for i, n := range t.Features {
		t.Features[i] = strings.Clone(strings.TrimSpace(n))
		if strings.EqualFold(t.Features[i], "label") {
			at.label = i
			found++
		}
		if strings.EqualFold(t.Features[i], "text") {
			at.text = i
			texts++
		}
		if _, err := strconv.ParseFloat(t.Features[i], 64); err == nil {
			numbers++
		}
	}
	switch {
	case len(names) < 2:
		err = fmt.Errorf("%w: line 1: one column; there must be features and a label", ErrFormat)
	case found > 1:
		err = fmt.Errorf("%w: line 1: %d columns are called label", ErrFormat, found)
	case texts > 1:
		err = fmt.Errorf("%w: line 1: %d columns are called text", ErrFormat, texts)
	case at.text == at.label:
		err = fmt.Errorf("%w: line 1: no column is called label, and the last one is text", ErrFormat)
	case numbers == len(names):
		err = fmt.Errorf("%w: line 1: it does not name the columns", ErrFormat)
	}
	if err != nil {
		return nil, at, err
	}
	if at.text >= 0 {
		t.Text = []string{}
	}
	var features []string
	for i, n := range t.Features {
		if i != at.label && i != at.text {
			features = append(features, n)
		}
	}
	t.Features = features
	return t, at, nil
}

// add appends a row that stands on the given line.
func (t *Table) add(rec []string, at layout, line int) error {
	if len(t.X)+len(rec) > MaxValues {
		return fmt.Errorf("%w: line %d: more than %d numbers", ErrFormat, line, MaxValues)
	}
	for i, s := range rec {
		if i == at.text {
			t.Text = append(t.Text, strings.Clone(s))
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		switch {
		case i == at.label:
			if err != nil || v != math.Trunc(v) || v < 0 || v > math.MaxInt16 {
				return fmt.Errorf("%w: line %d: label %q is no class number", ErrFormat, line, clip(s))
			}
			t.Y = append(t.Y, int32(v))
		case err != nil || math.IsNaN(v) || math.Abs(v) > math.MaxFloat32:
			return fmt.Errorf("%w: line %d: column %q: %q is no number", ErrFormat, line, clip(t.Features[at.feature(i)]), clip(s))
		default:
			t.X = append(t.X, float32(v))
		}
	}
	return nil
}

// clip keeps hostile text short.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// Bounds are the least and the most that a feature can be.
type Bounds struct{ Low, High float32 }

// pixels are the bounds of pixels.
var pixels = Bounds{0, 1}

// ParseBounds reads two numbers, such as "0,1", of which the first is lower.
func ParseBounds(s string) (*Bounds, error) {
	from, to, _ := strings.Cut(s, ",")
	low, err := strconv.ParseFloat(strings.TrimSpace(from), 32)
	if err == nil {
		var high float64
		if high, err = strconv.ParseFloat(strings.TrimSpace(to), 32); err == nil && low < high && !math.IsInf(low, 0) && !math.IsInf(high, 0) {
			return &Bounds{float32(low), float32(high)}, nil
		}
	}
	return nil, fmt.Errorf("range is %q, want two numbers, the lower one first, such as 0,1", s)
}

// Bound sets the bounds of all features, unless a row is outside of them.
func (t *Table) Bound(b *Bounds) error {
	for i, v := range t.X {
		if v < b.Low || v > b.High {
			return fmt.Errorf("row %d: %s is %v, outside of the range from %v to %v", i/len(t.Features)+1, clip(t.Features[i%len(t.Features)]), v, b.Low, b.High)
		}
	}
	t.Bounds = b
	return nil
}

// Ranges returns the smallest and the largest value that every feature can
// have: its bounds, if they are known, or else what occurs.
func (t *Table) Ranges() (low, high []float32) {
	if t.Bounds == nil {
		return t.Batch().Ranges()
	}
	n := len(t.Features)
	return slices.Repeat([]float32{t.Bounds.Low}, n), slices.Repeat([]float32{t.Bounds.High}, n)
}
