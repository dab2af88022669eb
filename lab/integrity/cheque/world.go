package cheque

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

const (
	side    = 14   // pixels of an image
	trained = 2000 // images that a reader has learned from
	limit   = 0.10 // the most that a pixel may move in stages a and b
	visible = 0.20 // what a clerk sees on a cheque
	cheques = 8    // on a slip
	figures = 5    // of an amount
)

// A sheet is one of the files of images that are given out.
type sheet struct {
	given, changed string // the file, and the one that is handed in
	rows           int
}

var (
	white = sheet{"digits.csv", "white.csv", 200}
	black = sheet{"office.csv", "black.csv", 100}
	slip  = sheet{"slip.csv", "altered.csv", cheques * figures}
)

// setup hands over the scanner's model and three sheets of images.
func setup(ctx context.Context, w *lab.Setup) error {
	g, err := learn(ctx, w.Source, "scanner", 32)
	if err != nil {
		return err
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		return err
	}
	if err := w.Write("scanner.onnx", b); err != nil {
		return err
	}
	for _, s := range []sheet{white, black, slip} {
		rows, err := s.images(ctx, w.Attempt)
		if err != nil {
			return err
		}
		if err := w.Write(s.given, table(rows)); err != nil {
			return err
		}
	}
	return nil
}

// learn trains a reader. The two readers differ in size and in what they have
// seen, as two releases of one product do.
func learn(ctx context.Context, s *lab.Source, name string, hidden int) (*graph.Graph, error) {
	b := datasets.Glyphs(trained, side, datasets.GlyphNoise, s.Seed(name+" images"))
	return train.Fit(ctx, train.MLP([]int{b.Dim, hidden, 10}, s.Seed(name)), b, train.Options{
		Epochs: 6, Rate: 0.005, Seed: s.Seed(name + " order"),
	})
}

// scanner is the model whose file the learner has, made again from the seed.
func scanner(ctx context.Context, a *lab.Attempt) (*graph.Net, error) {
	return reader(ctx, a, "scanner", 32)
}

// office is the model that only answers.
func office(ctx context.Context, a *lab.Attempt) (*graph.Net, error) {
	return reader(ctx, a, "office", 48)
}

func reader(ctx context.Context, a *lab.Attempt, name string, hidden int) (*graph.Net, error) {
	return lab.Once(a, name, func() (*graph.Net, error) {
		g, err := learn(ctx, a.Source, name, hidden)
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	})
}

// images draws a sheet. Those of the office and of the slip are read right to
// begin with, so that every misreading is the attacker's.
func (s sheet) images(ctx context.Context, a *lab.Attempt) (ml.Batch, error) {
	return lab.Once(a, s.given, func() (ml.Batch, error) {
		pool := drawn(4*s.rows+400, a.Seed(s.given))
		if s == white {
			return pool.Pick(numbers(s.rows)), nil
		}
		model := office
		if s == slip {
			model = scanner
		}
		net, err := model(ctx, a)
		if err != nil {
			return ml.Batch{}, err
		}
		read, err := reads(ctx, net, pool)
		if err != nil {
			return ml.Batch{}, err
		}
		want := make([]int, s.rows)
		for i := range want {
			want[i] = -1 // any digit
		}
		if s == slip {
			want = amounts(a)
		}
		return choose(pool, read, want)
	})
}

// drawn draws images, rounded as the files have them.
func drawn(rows int, seed uint64) ml.Batch {
	b := datasets.Glyphs(rows, side, datasets.GlyphNoise, seed)
	for i, v := range b.X {
		b.X[i] = float32(math.Round(1000*float64(v)) / 1000)
	}
	return b
}

// choose picks images that are read right and show the digits wanted, each of
// them once.
func choose(pool ml.Batch, read, want []int) (ml.Batch, error) {
	used := make([]bool, pool.Rows())
	var rows []int
	for _, digit := range want {
		at := slices.IndexFunc(numbers(pool.Rows()), func(i int) bool {
			y := int(pool.Y[i])
			return !used[i] && read[i] == y && (digit < 0 || digit == y)
		})
		if at < 0 {
			return ml.Batch{}, errors.New("too few images that are read right")
		}
		used[at] = true
		rows = append(rows, at)
	}
	return pool.Pick(rows), nil
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// amounts are the digits of a slip. One cheque, the learner's own, has a leading
// 1; there is no other 1 on the slip.
func amounts(a *lab.Attempt) []int {
	rng := a.Rand("amounts")
	out := make([]int, cheques*figures)
	digits := []int{0, 2, 3, 4, 5, 6, 7, 8, 9}
	for i := range out {
		out[i] = digits[rng.IntN(len(digits))]
		if i%figures == 0 {
			out[i] = digits[1+rng.IntN(len(digits)-1)]
		}
	}
	out[own(a)*figures] = 1
	return out
}

// own is which cheque of the slip is the learner's, from 0.
func own(a *lab.Attempt) int { return a.Rand("own").IntN(cheques) }

// reads returns the digit that a model reads in each image, -1 for none.
func reads(ctx context.Context, m ml.Oracle, b ml.Batch) ([]int, error) {
	z, err := m.Predict(ctx, ml.Batch{X: b.X, Dim: b.Dim})
	if err != nil {
		return nil, err
	}
	out := make([]int, b.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*10 : (i+1)*10])
	}
	return out, nil
}

// table writes images as CSV.
func table(b ml.Batch) []byte {
	var out bytes.Buffer
	for p := range b.Dim {
		out.WriteString("p" + strconv.Itoa(p) + ",")
	}
	out.WriteString("label\n")
	var cell []byte
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(v), 'g', -1, 32)
			out.Write(append(cell, ','))
		}
		out.WriteString(strconv.Itoa(int(b.Y[i])) + "\n")
	}
	return out.Bytes()
}
