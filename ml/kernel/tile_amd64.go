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

// tile multiplies a panel of a left operand with 16 columns of a right one,
// whose rows start where rows tells.
func tile[T Float](k int, a, b []T, rows []int, c []T, ldc int, add bool) {
	if a32, ok := any(a).([]float32); ok && hasAVX2 {
		_, _, _ = a[k*tileRows-1], rows[k-1], c[(tileRows-1)*ldc+tileCols-1]
		tile32(k, a32, any(b).([]float32), rows, any(c).([]float32), ldc, add)
		return
	}
	scalarTile(k, a, b, rows, c, ldc, add)
}

func tile32(k int, a, b []float32, rows []int, c []float32, ldc int, add bool) {
	var sum int
	if add {
		sum = 1
	}
	tileAVX2(k, &a[0], &b[0], &rows[0], &c[0], ldc, sum)
}

// wide returns how many of the first elements the vector loops take.
func wide[T Float](x []T) (x32 []float32, n int) {
	x32, ok := any(x).([]float32)
	if !ok || !hasAVX2 {
		return nil, 0
	}
	return x32, len(x) &^ 7
}

func rectify[T Float](dst, x []T, b T) (done int) {
	d, n := wide(dst)
	if n > 0 {
		rectifyAVX2(n, &d[0], &any(x).([]float32)[0], float32(b))
	}
	return n
}

func gate[T Float](dst, d, y []T) (done int) {
	out, n := wide(dst)
	if n > 0 {
		gateAVX2(n, &out[0], &any(d).([]float32)[0], &any(y).([]float32)[0])
	}
	return n
}

func raise[T Float](top, which, v []T, code T) (done int) {
	t, n := wide(top)
	if n > 0 {
		raiseAVX2(n, &t[0], &any(which).([]float32)[0], &any(v).([]float32)[0], float32(code))
	}
	return n
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
// rows are ldc elements apart. Row p of b starts rows[p] elements after b. It
// needs k of at least 1.
//
//go:noescape
func tileAVX2(k int, a, b *float32, rows *int, c *float32, ldc, add int)

// The vector loops do n elements, a multiple of 8 above 0.
//
//go:noescape
func rectifyAVX2(n int, dst, x *float32, b float32)

//go:noescape
func gateAVX2(n int, dst, d, y *float32)

//go:noescape
func raiseAVX2(n int, top, which, v *float32, code float32)

func cpuid(leaf, sub uint32) (a, b, c, d uint32)

func xgetbv() (lo uint32)
