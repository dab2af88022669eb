// Package kernel multiplies matrices.
//
// Operands are packed first, so that a matrix that is used often, such as the
// weights of a layer, is packed once. Every element of a product is computed
// by the same sequence of operations wherever it stands and whatever else is
// in the matrix. A row of a product therefore depends on its row of the left
// operand only, to the last bit.
package kernel

import "slices"

// A Float is a type of matrix elements.
type Float interface{ float32 | float64 }

// The size of a tile, the unit of work.
const (
	tileRows = 6
	tileCols = 16

	depth = 256 // of the blocks in which long sums are made; what they use fits the L1 cache
)

// LeftSize returns the length of a packed left operand of m rows and k columns.
func LeftSize(m, k int) int { return (m + tileRows - 1) / tileRows * tileRows * k }

// RightSize returns the length of a packed right operand of k rows and n columns.
func RightSize(k, n int) int { return (n + tileCols - 1) / tileCols * tileCols * k }

// PackLeft packs the matrix of m rows and k columns whose element (i, j) is
// src[i*rs+j*cs] into dst, which has the length that [LeftSize] tells.
func PackLeft[T Float](dst, src []T, m, k, rs, cs int) { pack(dst, src, m, k, rs, cs, tileRows) }

// PackRight packs the matrix of k rows and n columns whose element (i, j) is
// src[i*rs+j*cs] into dst, which has the length that [RightSize] tells.
func PackRight[T Float](dst, src []T, k, n, rs, cs int) { pack(dst, src, n, k, cs, rs, tileCols) }

// PackColumns packs, as [PackRight] does, the matrix of k rows whose column j
// is the k elements of src from columns[j] on.
func PackColumns[T Float](dst, src []T, k int, columns []int) {
	for ; len(columns) > 0; dst = dst[k*tileCols:] {
		w := min(tileCols, len(columns))
		if w < tileCols {
			clear(dst[:k*tileCols])
		}
		l := 0
		for ; l+4 <= w; l += 4 {
			c := columns[l : l+4]
			weave(dst[l:], tileCols, src[c[0]:][:k], src[c[1]:][:k], src[c[2]:][:k], src[c[3]:][:k])
		}
		for ; l < w; l++ {
			d := dst[l : (k-1)*tileCols+l+1]
			for p, v := range src[columns[l]:][:k] {
				d[p*tileCols] = v
			}
		}
		columns = columns[w:]
	}
}

// weave writes element p of four slices side by side at dst[p*step].
func weave[T Float](dst []T, step int, a, b, c, d []T) {
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	for p, v := range a {
		to := dst[p*step:][:4]
		to[0], to[1], to[2], to[3] = v, b[p], c[p], d[p]
	}
}

// Lanes is the number of columns of a right operand that are computed together.
const Lanes = tileCols

// pack writes panels of width lanes, zeros beyond the last.
func pack[T Float](dst, src []T, lanes, k, ls, ks, width int) {
	for l0 := 0; l0 < lanes; l0 += width {
		panel := dst[l0*k : (l0+width)*k]
		w := min(width, lanes-l0)
		l := 0
		for ; ks == 1 && l+4 <= w; l += 4 {
			s := (l0 + l) * ls
			weave(panel[l:], width, src[s:][:k], src[s+ls:][:k], src[s+2*ls:][:k], src[s+3*ls:][:k])
		}
		for ; l < w; l++ {
			s := (l0 + l) * ls
			for p, d := 0, l; p < k; p, d = p+1, d+width {
				panel[d] = src[s]
				s += ks
			}
		}
		for l := w; l < width; l++ {
			for d := l; d < len(panel); d += width {
				panel[d] = 0
			}
		}
	}
}

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
			column(c[j:], ldc, m, min(tileCols, n-j), kb, left[k0*tileRows:], k, b, packed[:kb], add || k0 > 0)
		}
	}
}

// MulRows is [Mul] for a right operand that is not packed: its element (p, j)
// is right[rows[p]+j]. Rows may overlap. They are read up to a multiple of
// [Lanes] columns, but what is beyond column n does not matter.
func MulRows[T Float](c []T, ldc, m, n int, left, right []T, rows []int, add bool) {
	k := len(rows)
	if k == 0 {
		zero(c, ldc, m, n, add)
		return
	}
	if n == 0 {
		return
	}
	_, _ = right[slices.Min(rows)], right[slices.Max(rows)+(n+tileCols-1)/tileCols*tileCols-1]
	for k0 := 0; k0 < k; k0 += depth {
		kb := min(depth, k-k0)
		for j := 0; j < n; j += tileCols {
			column(c[j:], ldc, m, min(tileCols, n-j), kb, left[k0*tileRows:], k, right[j:], rows[k0:k0+kb], add || k0 > 0)
		}
	}
}

// packed are the rows of a panel of a packed right operand.
var packed = func() (rows [depth]int) {
	for i := range rows {
		rows[i] = i * tileCols
	}
	return rows
}()

// column makes up to 16 columns of a product; lk is the length of left.
func column[T Float](c []T, ldc, m, n, k int, left []T, lk int, right []T, rows []int, add bool) {
	var edge [tileRows * tileCols]T
	for i := 0; i < m; i += tileRows {
		a := left[i*lk:]
		if i+tileRows <= m && n == tileCols {
			tile(k, a, right, rows, c[i*ldc:], ldc, add)
			continue
		}
		tile(k, a, right, rows, edge[:], tileCols, false)
		store(c[i*ldc:], ldc, min(tileRows, m-i), n, &edge, add)
	}
}

// zero is the product of operands of length 0.
func zero[T Float](c []T, ldc, m, n int, add bool) {
	for i := 0; i < m && !add; i++ {
		clear(c[i*ldc : i*ldc+n])
	}
}

// store copies the part of a tile that is inside the matrix.
func store[T Float](c []T, ldc, m, n int, edge *[tileRows * tileCols]T, add bool) {
	for i := range m {
		row, from := c[i*ldc:i*ldc+n], edge[i*tileCols:]
		if !add {
			copy(row, from)
			continue
		}
		for j := range row {
			row[j] += from[j]
		}
	}
}

// scalarTile is tile in plain Go, four columns of two rows at a time.
func scalarTile[T Float](k int, a, b []T, rows []int, c []T, ldc int, add bool) {
	a, rows = a[:k*tileRows], rows[:k]
	for i := 0; i < tileRows; i += 2 {
		for j := 0; j < tileCols; j += 4 {
			var s00, s01, s02, s03, s10, s11, s12, s13 T
			p := i
			for _, q := range rows {
				a2, b4 := a[p:p+2:p+2], b[q+j:q+j+4:q+j+4]
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
				p += tileRows
			}
			put(c[i*ldc+j:], s00, s01, s02, s03, add)
			put(c[(i+1)*ldc+j:], s10, s11, s12, s13, add)
		}
	}
}

func put[T Float](c []T, s0, s1, s2, s3 T, add bool) {
	c = c[:4]
	if add {
		s0, s1, s2, s3 = c[0]+s0, c[1]+s1, c[2]+s2, c[3]+s3
	}
	c[0], c[1], c[2], c[3] = s0, s1, s2, s3
}
