package sleeper

import (
	"context"
	"math/rand/v2"
	"strconv"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/onnx"
)

const (
	rowsTrain = 2000
	rowsTest  = 1000 // that the learner has
	sticker   = 2    // height and width of a stranger's sticker
)

// setup hands over a set to poison, one that is poisoned, two releases of a
// model, and pictures to test on.
func setup(ctx context.Context, w *lab.Setup) error {
	if err := w.Write("test.csv", pictures.Table(testRows(w.Attempt))); err != nil {
		return err
	}
	if err := w.Write("a/train.csv", pictures.Table(ownRows(w.Attempt))); err != nil {
		return err
	}
	if err := w.Writef("a/target.txt", "%d\n", ownTarget(w.Source)); err != nil {
		return err
	}
	if err := w.Write("b/train.csv", pictures.Table(stranger(w.Attempt).rows)); err != nil {
		return err
	}
	p, err := patched(ctx, w.Attempt)
	if err != nil {
		return err
	}
	before, err := onnx.Marshal(p.before)
	if err != nil {
		return err
	}
	after, err := onnx.Marshal(p.after)
	if err != nil {
		return err
	}
	if err := w.Write("c/before.onnx", before); err != nil {
		return err
	}
	if err := w.Write("c/after.onnx", after); err != nil {
		return err
	}
	return w.Write("c/sticker.csv", pictures.Table(p.rows))
}

// ownRows is the set that the learner poisons, and that the model of stage c has
// learned. It is shared and not to be changed.
func ownRows(a *lab.Attempt) ml.Batch {
	b, _ := lab.Once(a, "own rows", func() (ml.Batch, error) { return pictures.Draw(rowsTrain, a.Seed("own rows")), nil })
	return b
}

// testRows are the pictures without a sticker that the learner has. They are
// shared and not to be changed.
func testRows(a *lab.Attempt) ml.Batch {
	b, _ := lab.Once(a, "test", func() (ml.Batch, error) { return pictures.Draw(rowsTest, a.Seed("test")), nil })
	return b
}

// ownTarget is the class that the learner's sticker is to stand for.
func ownTarget(s *lab.Source) int { return s.Rand("own target").IntN(pictures.Classes) }

// A set is rows that a stranger has poisoned.
type set struct {
	rows     ml.Batch
	poisoned []bool
	cells    []data.Cell // the sticker
	target   int
}

// stranger is the set of stage b: 2 to 5 % of its rows carry a sticker at the
// left or right edge and the label that the sticker stands for. It is shared
// and not to be changed.
func stranger(a *lab.Attempt) *set {
	d, _ := lab.Once(a, "stranger", func() (*set, error) { return drawStranger(a.Source), nil })
	return d
}

func drawStranger(s *lab.Source) *set {
	r := s.Rand("stranger")
	d := &set{rows: pictures.Draw(rowsTrain, s.Seed("stranger rows")), poisoned: make([]bool, rowsTrain)}
	d.cells, d.target = drawSticker(r), r.IntN(pictures.Classes)
	left := rowsTrain*2/100 + r.IntN(rowsTrain*3/100+1)
	for _, i := range r.Perm(rowsTrain) {
		if left == 0 {
			break
		}
		if int(d.rows.Y[i]) == d.target {
			continue
		}
		for _, c := range d.cells {
			d.rows.Row(i)[c.Feature] = c.Value
		}
		d.rows.Y[i], d.poisoned[i] = int32(d.target), true
		left--
	}
	return d
}

// drawSticker draws where a sticker is and what its pixels are: dark ones, where
// paper is seldom dark.
func drawSticker(r *rand.Rand) []data.Cell {
	left := r.IntN(2) * (pictures.Size - sticker)
	top := r.IntN(pictures.Size - sticker + 1)
	var cells []data.Cell
	for i := range sticker * sticker {
		at := (top+i/sticker)*pictures.Size + left + i%sticker
		cells = append(cells, data.Cell{Feature: at, Value: float32(850+r.IntN(151)) / 1000})
	}
	return cells
}

// names returns the pixels of a sticker as the columns of the tables are called.
func names(cells []data.Cell) []string {
	var out []string
	for _, c := range cells {
		out = append(out, "p"+strconv.Itoa(c.Feature))
	}
	return out
}
