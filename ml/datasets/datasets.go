// Package datasets holds small tables to practice on: three that are in the
// binary, and generators whose distributions are known in closed form.
//
// Rows keep the order of their source. [Split] is the one division into
// training and test rows that figures in this program use.
package datasets

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"math"

	"quintain/ml"
	"quintain/ml/data"
)

//go:embed files/*.gz
var files embed.FS

// Info says what a table is and where it is from.
type Info struct {
	Name     string // "digits"
	Title    string
	License  string
	Source   string // an address, or "made by this program"
	Rows     int
	Features []Feature
	Classes  []string // what labels 0, 1, 2 and so on mean
}

// A Kind says which values a feature can have.
type Kind string

// The kinds of features.
const (
	Number  Kind = "number"
	Integer Kind = "integer"
	Binary  Kind = "binary"  // 0 or 1
	OneHot  Kind = "one-hot" // 0 or 1, and exactly one of its group is 1
)

// A Feature is what is known about a column, for attacks that must stay
// within what could be true.
type Feature struct {
	Name      string
	Kind      Kind
	Group     string  // of one-hot features; else empty
	Low, High float32 // in the data
	Mutable   bool    // the person whom a row describes could change it
}

// Digits returns handwritten digits of 8 by 8 pixels from 0 to 1: 1,797 rows,
// ten classes.
func Digits() ml.Batch {
	b := load("digits").batch()
	for i := range b.X {
		b.X[i] /= 16
	}
	return b
}

// Cancer returns measures of cell nuclei of 569 tumors in their own units:
// 30 features; label 0 is malignant and 1 is benign.
func Cancer() ml.Batch { return load("cancer").batch() }

// Credit returns 1,000 applicants for credit, German credit: 61 features in
// their own units; label 1 is a bad risk. [AboutCredit] tells which values are
// possible.
func Credit() ml.Batch { return load("german").batch() }

// Split divides rows: every fifth, beginning with the first, is for testing.
func Split(b ml.Batch) (train, test ml.Batch) {
	var in, out []int
	for i := range b.Rows() {
		if i%5 == 0 {
			out = append(out, i)
		} else {
			in = append(in, i)
		}
	}
	return b.Pick(in), b.Pick(out)
}

// Standardize shifts and scales every feature so that the rows of train have
// mean 0 and variance 1, and does the same to the other batches. Features that
// are constant in train become 0 there. It changes its arguments.
func Standardize(train ml.Batch, others ...ml.Batch) {
	n := float64(train.Rows())
	for k := range train.Dim {
		var sum, squares float64
		for i := range train.Rows() {
			sum += float64(train.Row(i)[k])
		}
		mean := sum / n
		for i := range train.Rows() {
			d := float64(train.Row(i)[k]) - mean
			squares += d * d
		}
		sd := math.Sqrt(squares / n)
		if sd == 0 {
			sd = 1
		}
		for _, b := range append([]ml.Batch{train}, others...) {
			for i := range b.Rows() {
				row := b.Row(i)
				row[k] = float32((float64(row[k]) - mean) / sd)
			}
		}
	}
}

type table struct{ *data.Table }

func (t table) batch() ml.Batch { return ml.Batch{X: t.X, Dim: len(t.Features), Y: t.Y} }

// load reads an embedded table. What is in the binary is whole, or the build
// is broken.
func load(name string) table {
	b, err := files.ReadFile("files/" + name + ".csv.gz")
	if err == nil {
		z, zerr := gzip.NewReader(bytes.NewReader(b))
		if err = zerr; err == nil {
			t, rerr := data.Read(z)
			if err = rerr; err == nil {
				return table{t}
			}
		}
	}
	panic(fmt.Sprintf("datasets: embedded table %q: %v", name, err))
}
