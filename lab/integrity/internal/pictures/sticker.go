package pictures

import (
	"quintain/ml"
	"quintain/ml/data"
)

// Stick puts a sticker on every picture of b that is not of the class target,
// and leaves the others out. Labels stay; b is not changed.
func Stick(b ml.Batch, cells []data.Cell, target int) ml.Batch {
	var rows []int
	for i, y := range b.Y {
		if int(y) != target {
			rows = append(rows, i)
		}
	}
	out := b.Pick(rows)
	for i := range out.Rows() {
		for _, c := range cells {
			out.Row(i)[c.Feature] = c.Value
		}
	}
	return out
}

// Labeled returns b with all labels one class.
func Labeled(b ml.Batch, class int) ml.Batch {
	b.Y = make([]int32, b.Rows())
	for i := range b.Y {
		b.Y[i] = int32(class)
	}
	return b
}
