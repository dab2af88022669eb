package screen

import (
	"cmp"
	"math/bits"
	"slices"

	"quintain/ml"
)

// A pattern is a candidate for a trigger.
type pattern struct {
	cells  []Cell
	rows   []int // that hold it and have label target
	held   int   // rows that hold it
	target int32
	odd    int // of rows, how many look like another class
	p      float64
}

// holds reports whether row holds the pattern.
func (c *pattern) holds(row []float32) bool {
	for _, w := range c.cells {
		if row[w.Feature] != w.Value {
			return false
		}
	}
	return true
}

const (
	maxPairs = 1 << 31 // words of bits that are compared for pairs of cells
	reach    = 64      // features apart, where not all pairs can be looked at
)

// A cell is the set of rows that hold it.
type cell struct {
	Cell
	rows []uint64 // a bit for each row
	held int
}

// patterns returns the cells, and the pairs of cells, whose rows nearly all
// have one label.
func patterns(b ml.Batch) []pattern {
	all := cells(b)
	labels := make([][]uint64, classes(b))
	for i, y := range b.Y {
		if labels[y] == nil {
			labels[y] = make([]uint64, (b.Rows()+63)/64)
		}
		labels[y][i/64] |= 1 << (i % 64)
	}
	var out []pattern
	words := (b.Rows() + 63) / 64
	near := len(all) > 0 && len(all) > maxPairs/words/len(all)
	both := make([]uint64, words)
	for i, c := range all {
		out = pure(out, labels, c.rows, c.held, c.Cell)
		for _, d := range all[i+1:] {
			if d.Feature == c.Feature || near && d.Feature-c.Feature > reach {
				continue
			}
			held := 0
			for w := range both {
				both[w] = c.rows[w] & d.rows[w]
				held += bits.OnesCount64(both[w])
			}
			if held >= leastRows && held < min(c.held, d.held) { // else it is no more than one of them
				out = pure(out, labels, both, held, c.Cell, d.Cell)
			}
		}
	}
	return out
}

// cells returns the cells that neither few nor most rows hold, in the order of
// features and values.
func cells(b ml.Batch) []cell {
	n := b.Rows()
	order := make([]int, n)
	var out []cell
	for j := range b.Dim {
		at := func(i int) float32 { return b.X[i*b.Dim+j] }
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, c int) int { return cmp.Or(cmp.Compare(at(a), at(c)), cmp.Compare(a, c)) })
		for from := 0; from < n; {
			to := from + 1
			for to < n && at(order[to]) == at(order[from]) {
				to++
			}
			if size := to - from; size >= leastRows && float64(size) <= mostShare*float64(n) {
				c := cell{Cell{j, at(order[from])}, make([]uint64, (n+63)/64), size}
				for _, r := range order[from:to] {
					c.rows[r/64] |= 1 << (r % 64)
				}
				out = append(out, c)
			}
			from = to
		}
	}
	return out
}

// pure appends a pattern if nearly all of its rows have one label.
func pure(out []pattern, labels [][]uint64, rows []uint64, held int, cells ...Cell) []pattern {
	for y, with := range labels {
		count := 0
		for w := range with {
			count += bits.OnesCount64(rows[w] & with[w])
		}
		if count < leastRows || float64(count) < purity*float64(held) {
			continue
		}
		p := pattern{cells: cells, held: held, target: int32(y)}
		for w := range with {
			for set := rows[w] & with[w]; set != 0; set &= set - 1 {
				p.rows = append(p.rows, 64*w+bits.TrailingZeros64(set))
			}
		}
		return append(out, p)
	}
	return out
}
