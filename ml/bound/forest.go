package bound

import (
	"math"

	"quintain/ml/graph"
)

// A Forest decides what a forest answers for rows of a box. Its methods may be
// called concurrently.
type Forest struct {
	f   *graph.Forest
	off float64 // what rounding in single precision can do to the lead of a class
}

// maxSteps is how many branches Safe visits before it gives up.
const maxSteps = 1 << 18

// NewForest returns the bounds of f.
func NewForest(f *graph.Forest) *Forest {
	var sum float64
	for _, v := range f.Base {
		sum = math.Max(sum, math.Abs(v))
	}
	for _, t := range f.Trees {
		sum += largest(t)
	}
	off := 2 * sum * float64(len(f.Trees)+8) * single
	if !(sum < huge) {
		off = math.Inf(1)
	}
	return &Forest{f, off + tiny}
}

// largest is the largest score, by its absolute value, of a leaf below b.
func largest(b *graph.Branch) float64 {
	if b.Below != nil {
		return math.Max(largest(b.Below), largest(b.Above))
	}
	var most float64
	for _, v := range b.Scores {
		most = math.Max(most, math.Abs(v))
	}
	return most
}

// Safe reports whether the answer is class y, by more than rounding can undo,
// for every row between low and high. It looks for leaves that one row can
// reach together and that put another class ahead, and gives up, reporting
// false, when that takes too long.
func (f *Forest) Safe(low, high []float32, y int) bool {
	s := &hunt{f: f, y: y, low: append([]float32(nil), low...), high: append([]float32(nil), high...), left: maxSteps}
	for s.j = range f.f.Base {
		if s.j != y && (s.reaches(0, f.f.Base[y]-f.f.Base[s.j]) || s.left < 0) {
			return false
		}
	}
	return true
}

// A hunt looks for a row of the box for which class j is ahead of class y.
type hunt struct {
	f         *Forest
	y, j      int
	low, high []float32
	left      int // branches to visit
}

// reaches reports whether some row of the box takes the lead of y away, given
// what the trees before k add to it. The box is as it was when it returns.
func (h *hunt) reaches(k int, lead float64) bool {
	trees := h.f.f.Trees
	least := lead
	for _, t := range trees[k:] {
		least += h.least(t)
	}
	if least > h.f.off || h.left < 0 {
		return false
	}
	return k == len(trees) || h.leaves(trees[k], k, lead)
}

// least is the least that a tree adds to the lead of y over j in the box.
func (h *hunt) least(b *graph.Branch) float64 {
	h.left--
	switch {
	case b.Below == nil:
		return b.Scores[h.y] - b.Scores[h.j]
	case h.high[b.Feature] < b.Cut:
		return h.least(b.Below)
	case h.low[b.Feature] >= b.Cut:
		return h.least(b.Above)
	}
	return math.Min(h.least(b.Below), h.least(b.Above))
}

// leaves tries the leaves below b, a branch of tree k, one after the other.
func (h *hunt) leaves(b *graph.Branch, k int, lead float64) bool {
	if h.left--; h.left < 0 {
		return false
	}
	if b.Below == nil {
		return h.reaches(k+1, lead+b.Scores[h.y]-b.Scores[h.j])
	}
	i := b.Feature
	low, high := h.low[i], h.high[i]
	found := false
	if low < b.Cut {
		h.high[i] = min(high, math.Nextafter32(b.Cut, float32(math.Inf(-1))))
		found = h.leaves(b.Below, k, lead)
		h.high[i] = high
	}
	if !found && high >= b.Cut {
		h.low[i] = max(low, b.Cut)
		found = h.leaves(b.Above, k, lead)
		h.low[i] = low
	}
	return found
}
