// Package kernel multiplies matrices, and does what else takes long when nets
// are run and trained.
//
// Of the operands of a product one is packed, so that a matrix that is used
// often, such as the weights of a layer, is packed once; the other may be
// scattered over memory. Every element of a product is computed by the same
// sequence of operations wherever it stands and whatever else is in the matrix.
// A row of a product therefore depends on its row of the left operand only, to
// the last bit.
package kernel

import "slices"

// A Float is a type of matrix elements.
type Float interface{ float32 | float64 }

// The size of a tile, the unit of work. There are lower ones of 4 rows.
const (
	tileRows = 6
	tileCols = 16

	depth = 256 // of the blocks in which long sums are made; what they use fits the L1 cache
)

// Lanes is the number of columns of a product that are computed together, and
// Group the number of those that must lie side by side.
const (
	Lanes = tileCols
	Group = 4
)

// Mul sets the m rows and n columns of c, whose rows are ldc apart, to the
// product of the packed operands left and right, k long; with add it adds.
func Mul[T Float](c []T, ldc, m, n, k int, left, right []T, add bool) {
	if k == 0 {
		zero(c, ldc, m, n, add)
		return
	}
	for k0 := 0; k0 < k; k0 += depth {
		kb := min(depth, k-k0)
		for j := 0; j < n; j += tileCols {
			b := right[j*k+k0*tileCols:]
			_ = b[kb*tileCols-1]
			column(c[j:], ldc, m, min(tileCols, n-j), left, k0, k, b, packedRows[:kb], packedCols[:], add || k0 > 0)
		}
	}
}

// packedRows are the rows of a panel of a packed right operand, and packedCols
// its groups of columns.
var (
	packedRows = func() (rows [depth]int) {
		for i := range rows {
			rows[i] = i * tileCols
		}
		return rows
	}()
	packedCols = [tileCols / Group]int{0, 4, 8, 12}
)

// height returns how many rows the next tile has where m are left: 6 and 4 make
// up every even number from 4 on.
func height(m int) int {
	if m <= 4 || m == 7 || m == 8 {
		return 4
	}
	return tileRows
}

// A Layout says where the elements of a scattered operand lie: element (i, j) is
// rows[i]+cols[j] after the first.
type Layout struct {
	rows, cols  []int
	first, last int // of all elements
}

// NewLayout returns the layout with rows and cols.
func NewLayout(rows, cols []int) *Layout {
	if len(rows) == 0 || len(cols) == 0 {
		return &Layout{rows: rows, cols: cols}
	}
	return &Layout{rows, cols, slices.Min(rows) + slices.Min(cols), slices.Max(rows) + slices.Max(cols)}
}

// Grid returns the layout of a matrix of m rows, which are rs apart, and n
// columns, which are cs apart.
func Grid(m, n, rs, cs int) *Layout {
	rows, cols := make([]int, m), make([]int, n)
	for i := range rows {
		rows[i] = i * rs
	}
	for j := range cols {
		cols[j] = j * cs
	}
	return NewLayout(rows, cols)
}

// MulRight is [Mul] for a right operand that is not packed but lies scattered
// in right. The cols of its layout are those of groups of columns, [Group] of
// them; there must be enough for a multiple of [Lanes] columns, but what is
// beyond column n does not matter.
func MulRight[T Float](c []T, ldc, m, n int, left, right []T, at *Layout, add bool) {
	k := len(at.rows)
	if k == 0 || n == 0 {
		zero(c, ldc, m, n, add)
		return
	}
	_, _ = right[at.first], right[at.last+Group-1]
	for k0 := 0; k0 < k; k0 += depth {
		block := at.rows[k0:min(k0+depth, k)]
		for j := 0; j < n; j += tileCols {
			column(c[j:], ldc, m, min(tileCols, n-j), left, k0, k, right, block, at.cols[j/Group:][:tileCols/Group], add || k0 > 0)
		}
	}
}

// column makes up to 16 columns of a product with the part from k0 on of a left
// operand of length k.
func column[T Float](c []T, ldc, m, n int, left []T, k0, k int, right []T, rows, cols []int, add bool) {
	var edge [tileRows * tileCols]T
	for i := 0; i < m; {
		h := height(m - i)
		a := left[i*k+k0*h:]
		if i+h <= m && n == tileCols {
			tile(h, a, right, rows, cols, c[i*ldc:], ldc, add)
		} else {
			tile(h, a, right, rows, cols, edge[:], tileCols, false)
			store(c[i*ldc:], ldc, min(h, m-i), n, edge[:], add)
		}
		i += h
	}
}

// MulLeft is [Mul] for a left operand that is not packed but lies scattered in
// left.
func MulLeft[T Float](c []T, ldc, n int, left []T, at *Layout, right []T, add bool) {
	m, k := len(at.rows), len(at.cols)
	if m == 0 || k == 0 {
		zero(c, ldc, m, n, add)
		return
	}
	_, _ = left[at.first], left[at.last]
	for k0 := 0; k0 < k; k0 += depth {
		block := at.cols[k0:min(k0+depth, k)]
		for j := 0; j < n; j += tileCols {
			b := right[j*k+k0*tileCols:]
			_ = b[len(block)*tileCols-1]
			columnLeft(c[j:], ldc, m, min(tileCols, n-j), left, at.rows, block, b, add || k0 > 0)
		}
	}
}

// columnLeft is column for a scattered left operand.
func columnLeft[T Float](c []T, ldc, m, n int, left []T, rows, cols []int, right []T, add bool) {
	var edge [tileRows * tileCols]T
	for i := 0; i < m; {
		h := height(m - i)
		if i+h <= m && n == tileCols {
			tileLeft(h, left, rows[i:], cols, right, c[i*ldc:], ldc, add)
		} else {
			var last [tileRows]int // rows beyond the matrix are any that can be read
			for l := range last {
				last[l] = rows[min(i+l, m-1)]
			}
			tileLeft(h, left, last[:], cols, right, edge[:], tileCols, false)
			store(c[i*ldc:], ldc, min(h, m-i), n, edge[:], add)
		}
		i += h
	}
}

// zero is the product of operands of length 0.
func zero[T Float](c []T, ldc, m, n int, add bool) {
	for i := 0; i < m && !add; i++ {
		clear(c[i*ldc : i*ldc+n])
	}
}

// store copies the part of a tile that is inside the matrix.
func store[T Float](c []T, ldc, m, n int, edge []T, add bool) {
	if add {
		AddLines(c, ldc, edge, tileCols, m, n)
	} else {
		CopyLines(c, ldc, edge, tileCols, m, n)
	}
}

// scalarTile is tile in plain Go, four columns of two rows at a time.
func scalarTile[T Float](h int, a, b []T, rows, cols []int, c []T, ldc int, add bool) {
	a = a[:len(rows)*h]
	for i := 0; i < h; i += 2 {
		for j, at := range cols {
			var s00, s01, s02, s03, s10, s11, s12, s13 T
			p := i
			for _, q := range rows {
				a2, b4 := a[p:p+2:p+2], b[q+at:q+at+Group:q+at+Group]
				a0, a1 := a2[0], a2[1]
				b0, b1, b2, b3 := b4[0], b4[1], b4[2], b4[3]
				s00 += a0 * b0
				s01 += a0 * b1
				s02 += a0 * b2
				s03 += a0 * b3
				s10 += a1 * b0
				s11 += a1 * b1
				s12 += a1 * b2
				s13 += a1 * b3
				p += h
			}
			put(c[i*ldc+j*Group:], s00, s01, s02, s03, add)
			put(c[(i+1)*ldc+j*Group:], s10, s11, s12, s13, add)
		}
	}
}

func put[T Float](c []T, s0, s1, s2, s3 T, add bool) {
	c = c[:Group]
	if add {
		s0, s1, s2, s3 = c[0]+s0, c[1]+s1, c[2]+s2, c[3]+s3
	}
	c[0], c[1], c[2], c[3] = s0, s1, s2, s3
}

// scalarTileLeft is tileLeft in plain Go: it packs the left operand.
func scalarTileLeft[T Float](h int, a []T, rows, cols []int, b, c []T, ldc int, add bool) {
	var left [tileRows * depth]T
	for p, q := range cols {
		for l, r := range rows[:h] {
			left[p*h+l] = a[r+q]
		}
	}
	scalarTile(h, left[:], b, packedRows[:len(cols)], packedCols[:], c, ldc, add)
}
