package kernel

// LeftSize returns the length of a packed left operand of m rows and k columns.
func LeftSize(m, k int) int {
	if m == 0 {
		return 0
	}
	return max(4, m+m%2) * k
}

// RightSize returns the length of a packed right operand of k rows and n columns.
func RightSize(k, n int) int { return (n + tileCols - 1) / tileCols * tileCols * k }

// PackLeft packs the matrix of m rows and k columns whose element (i, j) is
// src[i*rs+j*cs] into dst, which has the length that [LeftSize] tells.
func PackLeft[T Float](dst, src []T, m, k, rs, cs int) {
	for i := 0; i < m && k > 0; {
		h := height(m - i)
		pack(dst[i*k:], src[i*rs:], min(h, m-i), k, rs, cs, h)
		i += h
	}
}

// PackRight packs the matrix of k rows and n columns whose element (i, j) is
// src[i*rs+j*cs] into dst, which has the length that [RightSize] tells.
func PackRight[T Float](dst, src []T, k, n, rs, cs int) {
	for j := 0; j < n && k > 0; j += tileCols {
		pack(dst[j*k:], src[j*cs:], min(tileCols, n-j), k, cs, rs, tileCols)
	}
}

// pack writes a panel: element p of n lines side by side, then zeros up to
// width. Lines are ls apart in src, and their elements ks.
func pack[T Float](dst, src []T, n, k, ls, ks, width int) {
	if n < width {
		clear(dst[:k*width])
	}
	switch {
	case ls == 1:
		CopyLines(dst, width, src, ks, k, n)
	case ks == 1:
		turn(dst, width, src, ls, n, k)
	default:
		for l := range n {
			for p := range k {
				dst[p*width+l] = src[l*ls+p*ks]
			}
		}
	}
}

// turn writes n lines of length k, which start ls apart in src, side by side:
// element p of line l becomes dst[p*width+l].
func turn[T Float](dst []T, width int, src []T, ls, n, k int) {
	l := 0
	for ; l+4 <= n; l += 4 {
		s := src[l*ls:]
		weave(dst[l:], width, s[:k], s[ls:][:k], s[2*ls:][:k], s[3*ls:][:k])
	}
	for ; l < n; l++ {
		for p, v := range src[l*ls:][:k] {
			dst[p*width+l] = v
		}
	}
}

// weave writes element p of four lines of one length side by side at
// dst[p*width].
func weave[T Float](dst []T, width int, a, b, c, d []T) {
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	for p := quickWeave(dst, width, a, b, c, d); p < len(a); p++ {
		to := dst[p*width:][:4]
		to[0], to[1], to[2], to[3] = a[p], b[p], c[p], d[p]
	}
}
