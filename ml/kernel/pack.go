package kernel

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

// pack writes panels of width lanes, zeros beyond the last.
func pack[T Float](dst, src []T, lanes, k, ls, ks, width int) {
	for l0 := 0; l0 < lanes && k > 0; l0 += width {
		panel, from := dst[l0*k:(l0+width)*k], src[l0*ls:]
		w := min(width, lanes-l0)
		if w < width {
			clear(panel)
		}
		switch {
		case ls == 1:
			CopyLines(panel, width, from, ks, k, w)
		case ks == 1:
			turn(panel, width, from, ls, w, k)
		default:
			for l := range w {
				for p := range k {
					panel[p*width+l] = from[l*ls+p*ks]
				}
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
