//go:build amd64 && !purego

package kernel

// What is quick does the first elements, and says how many.

// vector returns x and how many of its first elements are a multiple of lanes, if
// there are vector loops for them.
func vector[T Float](x []T, lanes int) (x32 []float32, n int) {
	x32, ok := any(x).([]float32)
	if !ok || !hasAVX2 {
		return nil, 0
	}
	return x32, len(x) / lanes * lanes
}

func quickRectify[T Float](dst, x []T, b T) (done int) {
	d, n := vector(dst, 8)
	if n > 0 {
		rectifyAVX2(n, &d[0], &any(x).([]float32)[0], float32(b))
	}
	return n
}

func quickGate[T Float](dst, d, y []T) (done int) {
	out, n := vector(dst, 8)
	if n > 0 {
		gateAVX2(n, &out[0], &any(d).([]float32)[0], &any(y).([]float32)[0])
	}
	return n
}

func quickMask[T Float](dst, d, y []T) (done int) {
	out, n := vector(dst, 8)
	if n > 0 {
		maskAVX2(n, &out[0], &any(d).([]float32)[0], &any(y).([]float32)[0])
	}
	return n
}

func quickRaise[T Float](top, which, v []T, code T) (done int) {
	t, n := vector(top, 8)
	if n > 0 {
		raiseAVX2(n, &t[0], &any(which).([]float32)[0], &any(v).([]float32)[0], float32(code))
	}
	return n
}

func quickSum[T Float](s *[4]T, x []T) (done int) {
	v, n := vector(x, 4)
	if n > 0 {
		sumAVX2(n, any(s).(*[4]float32), &v[0])
	}
	return n
}

func quickSquare[T Float](s *[4]float64, x []T) (done int) {
	v, n := vector(x, 4)
	if n > 0 {
		squareAVX2(n, s, &v[0])
	}
	return n
}

func quickScale[T Float](x []T, f T) (done int) {
	v, n := vector(x, 8)
	if n > 0 {
		scaleAVX2(n, &v[0], float32(f))
	}
	return n
}

func quickAdam(w, g, m, v []float32, r *AdamRates) (done int, bad float32) {
	_, n := vector(w, 8)
	if n > 0 {
		bad = adamAVX2(n, &w[0], &g[0], &m[0], &v[0], r)
	}
	return n, bad
}

func quickWeave[T Float](dst []T, width int, a, b, c, d []T) (done int) {
	a32, n := vector(a, 8)
	if n > 0 {
		_ = dst[(n-1)*width+3]
		weaveAVX2(n, &any(dst).([]float32)[0], width, &a32[0], &any(b).([]float32)[0], &any(c).([]float32)[0], &any(d).([]float32)[0])
	}
	return n
}

// Of lines all are done or none.

func quickCopy[T Float](dst []T, ld int, src []T, ls, lines, n int) (done bool) {
	d, some := vector(dst, 1)
	if some > 0 {
		copyAVX2(&d[0], ld, &any(src).([]float32)[0], ls, lines, n)
	}
	return some > 0
}

func quickAdd[T Float](dst []T, ld int, src []T, ls, lines, n int) (done bool) {
	d, some := vector(dst, 1)
	if some > 0 {
		addAVX2(&d[0], ld, &any(src).([]float32)[0], ls, lines, n)
	}
	return some > 0
}

// The vector loops do n elements, a multiple of 8 above 0; of 4 for sums.
//
//go:noescape
func rectifyAVX2(n int, dst, x *float32, b float32)

//go:noescape
func gateAVX2(n int, dst, d, y *float32)

//go:noescape
func maskAVX2(n int, dst, d, y *float32)

//go:noescape
func raiseAVX2(n int, top, which, v *float32, code float32)

//go:noescape
func sumAVX2(n int, s *[4]float32, x *float32)

//go:noescape
func squareAVX2(n int, s *[4]float64, x *float32)

//go:noescape
func scaleAVX2(n int, x *float32, f float32)

//go:noescape
func adamAVX2(n int, w, d, m, v *float32, r *AdamRates) (bad float32)

//go:noescape
func weaveAVX2(n int, dst *float32, width int, a, b, c, d *float32)

// Lines are of any length above 0, and there is one at least.
//
//go:noescape
func copyAVX2(dst *float32, ld int, src *float32, ls, lines, n int)

//go:noescape
func addAVX2(dst *float32, ld int, src *float32, ls, lines, n int)
