package kernel

import "math"

// Rectify sets dst to the larger of x + b and 0. What is no number stays so.
func Rectify[T Float](dst, x []T, b T) {
	x = x[:len(dst)]
	for i := quickRectify(dst, x, b); i < len(dst); i++ {
		v := x[i] + b
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

// Gate adds d to dst where y is above 0: the gradient of [Rectify], whose
// result is y.
func Gate[T Float](dst, d, y []T) {
	d, y = d[:len(dst)], y[:len(dst)]
	for i := quickGate(dst, d, y); i < len(dst); i++ {
		var v T
		if y[i] > 0 {
			v = d[i]
		}
		dst[i] += v
	}
}

// Mask sets dst to d where y is above 0, and to 0 elsewhere.
func Mask[T Float](dst, d, y []T) {
	d, y = d[:len(dst)], y[:len(dst)]
	for i := quickMask(dst, d, y); i < len(dst); i++ {
		var v T
		if y[i] > 0 {
			v = d[i]
		}
		dst[i] = v
	}
}

// Raise sets top to v and which to code where v is larger than top, or no
// number.
func Raise[T Float](top, which, v []T, code T) {
	which, v = which[:len(top)], v[:len(top)]
	for i := quickRaise(top, which, v, code); i < len(top); i++ {
		if x := v[i]; x > top[i] || x != x { // only what is no number differs from itself
			top[i], which[i] = x, code
		}
	}
}

// Sum returns the sum of x. It is made of four sums, which the processor makes
// at the same time.
func Sum[T Float](x []T) T {
	var s [4]T
	for x = x[quickSum(&s, x):]; len(x) >= 4; x = x[4:] {
		s[0], s[1], s[2], s[3] = s[0]+x[0], s[1]+x[1], s[2]+x[2], s[3]+x[3]
	}
	for _, v := range x {
		s[0] += v
	}
	return s[0] + s[1] + (s[2] + s[3])
}

// Square returns the squared length of x, made of four sums as [Sum] is.
func Square[T Float](x []T) float64 {
	var s [4]float64
	for x = x[quickSquare(&s, x):]; len(x) >= 4; x = x[4:] {
		for l := range s {
			v := float64(x[l])
			s[l] += float64(v * v)
		}
	}
	for _, v := range x {
		s[0] += float64(float64(v) * float64(v))
	}
	return s[0] + s[1] + (s[2] + s[3])
}

// Scale multiplies x by f.
func Scale[T Float](x []T, f T) {
	for i := quickScale(x, f); i < len(x); i++ {
		x[i] *= f
	}
}

// Add adds x to dst.
func Add[T Float](dst, x []T) { AddLines(dst, len(dst), x, len(dst), 1, len(dst)) }

// CopyLines copies lines of length n, which start ls apart in src, to where
// they are ld apart in dst.
func CopyLines[T Float](dst []T, ld int, src []T, ls, lines, n int) {
	if lines == 0 || n == 0 || quickCopy(dst[:(lines-1)*ld+n], ld, src[:(lines-1)*ls+n], ls, lines, n) {
		return
	}
	for i := range lines {
		copy(dst[i*ld:i*ld+n], src[i*ls:])
	}
}

// AddLines is [CopyLines] that adds.
func AddLines[T Float](dst []T, ld int, src []T, ls, lines, n int) {
	if lines == 0 || n == 0 || quickAdd(dst[:(lines-1)*ld+n], ld, src[:(lines-1)*ls+n], ls, lines, n) {
		return
	}
	for i := range lines {
		to := dst[i*ld : i*ld+n]
		for k, v := range src[i*ls:][:len(to)] {
			to[k] += v
		}
	}
}

// AdamRates are what a step of [Adam] is made with. The vector loop knows their
// order.
type AdamRates struct {
	Take                   float32 // of the gradient into its mean
	KeepSquare, TakeSquare float32 // of the mean square, and of the square into it
	Share                  float32 // times the gradient that is given is the gradient
	Decay                  float32 // times the weights is added to it
	Rate                   float32
	Root                   float32 // times the square root of the mean square, plus Floor, divides
	Floor                  float32
}

// Adam takes a step of the optimizer of that name (Kingma and Ba 2015): it
// changes the weights w and the running means m of the gradient and v of its
// square. It returns 0, or NaN if a weight is no number.
func Adam(w, g, m, v []float32, r *AdamRates) (bad float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	i, bad := quickAdam(w, g, m, v, r)
	for ; i < len(w); i++ {
		x := w[i]
		d := float32(g[i]*r.Share) + float32(r.Decay*x) // no rounding is left out, here and below
		m[i] += float32(r.Take * (d - m[i]))
		v[i] = float32(r.KeepSquare*v[i]) + float32(float32(r.TakeSquare*d)*d)
		x -= r.Rate * m[i] / (float32(float32(math.Sqrt(float64(v[i])))*r.Root) + r.Floor)
		w[i] = x
		bad += x * 0
	}
	return bad
}
