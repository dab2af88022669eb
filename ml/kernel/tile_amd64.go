//go:build amd64 && !purego

package kernel

var hasAVX2 = detect()

// Name names what multiplies: "avx2" or "scalar".
func Name() string {
	if hasAVX2 {
		return "avx2"
	}
	return "scalar"
}

// tile multiplies a panel of h rows of a left operand with 16 columns of a right
// one: its rows start where rows tells, and in them groups of columns where cols
// tells.
func tile[T Float](h int, a, b []T, rows, cols []int, c []T, ldc int, add bool) {
	a32, ok := any(a).([]float32)
	if !ok || !hasAVX2 {
		scalarTile(h, a, b, rows, cols, c, ldc, add)
		return
	}
	b32, c32 := any(b).([]float32), any(c).([]float32)
	_, _, _ = a[len(rows)*h-1], cols[tileCols/Group-1], c[(h-1)*ldc+tileCols-1]
	if h == tileRows {
		tile6AVX2(len(rows), &a32[0], &b32[0], &rows[0], &cols[0], &c32[0], ldc, one(add))
	} else {
		tile4AVX2(len(rows), &a32[0], &b32[0], &rows[0], &cols[0], &c32[0], ldc, one(add))
	}
}

// tileLeft multiplies h rows of a left operand, which start where rows tells, and
// in which elements are where cols tells, with a panel of a right one.
func tileLeft[T Float](h int, a []T, rows, cols []int, b, c []T, ldc int, add bool) {
	a32, ok := any(a).([]float32)
	if !ok || !hasAVX2 {
		scalarTileLeft(h, a, rows, cols, b, c, ldc, add)
		return
	}
	b32, c32 := any(b).([]float32), any(c).([]float32)
	_, _, _ = rows[h-1], b[len(cols)*tileCols-1], c[(h-1)*ldc+tileCols-1]
	if h == tileRows {
		tileLeft6AVX2(len(cols), &a32[0], &rows[0], &cols[0], &b32[0], &c32[0], ldc, one(add))
	} else {
		tileLeft4AVX2(len(cols), &a32[0], &rows[0], &cols[0], &b32[0], &c32[0], ldc, one(add))
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// detect reports whether the processor has AVX2 and FMA and the operating
// system keeps the wide registers.
func detect() bool {
	const (
		fma, osxsave, avx = 1 << 12, 1 << 27, 1 << 28 // leaf 1, ecx
		avx2              = 1 << 5                    // leaf 7, ebx
		xmmAndYmm         = 1<<1 | 1<<2               // xcr0
	)
	most, _, _, _ := cpuid(0, 0)
	if most < 7 {
		return false
	}
	_, _, c, _ := cpuid(1, 0)
	if c&(fma|osxsave|avx) != fma|osxsave|avx || xgetbv()&xmmAndYmm != xmmAndYmm {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&avx2 != 0
}

// tile6AVX2 sets, or with add 1 adds to, the 6 rows and 16 columns at c, whose
// rows are ldc elements apart. Row p of b starts rows[p] elements after b, and
// its four groups of columns where cols tells. It needs k of at least 1.
//
//go:noescape
func tile6AVX2(k int, a, b *float32, rows, cols *int, c *float32, ldc, add int)

//go:noescape
func tile4AVX2(k int, a, b *float32, rows, cols *int, c *float32, ldc, add int)

// tileLeft6AVX2 is tile6AVX2 with a packed b, and an a whose row i starts rows[i]
// elements after a, and in it element p where cols tells.
//
//go:noescape
func tileLeft6AVX2(k int, a *float32, rows, cols *int, b, c *float32, ldc, add int)

//go:noescape
func tileLeft4AVX2(k int, a *float32, rows, cols *int, b, c *float32, ldc, add int)

func cpuid(leaf, sub uint32) (a, b, c, d uint32)

func xgetbv() (lo uint32)
