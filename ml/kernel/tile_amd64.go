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

// tile multiplies a panel of a left operand with one of a right operand.
func tile[T Float](k int, a, b, c []T, ldc int, add bool) {
	if a32, ok := any(a).([]float32); ok && hasAVX2 {
		_, _, _ = a[k*tileRows-1], b[k*tileCols-1], c[(tileRows-1)*ldc+tileCols-1]
		tile32(k, a32, any(b).([]float32), any(c).([]float32), ldc, add)
		return
	}
	scalarTile(k, a, b, c, ldc, add)
}

func tile32(k int, a, b, c []float32, ldc int, add bool) {
	var sum int
	if add {
		sum = 1
	}
	tileAVX2(k, &a[0], &b[0], &c[0], ldc, sum)
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

// tileAVX2 sets, or with add 1 adds to, the 6 rows and 16 columns at c, whose
// rows are ldc elements apart. It needs k of at least 1.
//
//go:noescape
func tileAVX2(k int, a, b, c *float32, ldc, add int)

func cpuid(leaf, sub uint32) (a, b, c, d uint32)

func xgetbv() (lo uint32)
