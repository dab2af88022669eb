package kernel

// Rectify sets dst to the larger of x + b and 0. What is no number stays so.
func Rectify[T Float](dst, x []T, b T) {
	x = x[:len(dst)]
	for i := rectify(dst, x, b); i < len(dst); i++ {
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
	for i := gate(dst, d, y); i < len(dst); i++ {
		var v T
		if y[i] > 0 {
			v = d[i]
		}
		dst[i] += v
	}
}

// Raise sets top to v and which to code where v is larger than top, or no
// number.
func Raise[T Float](top, which, v []T, code T) {
	which, v = which[:len(top)], v[:len(top)]
	for i := raise(top, which, v, code); i < len(top); i++ {
		if x := v[i]; x > top[i] || x != x { // only what is no number differs from itself
			top[i], which[i] = x, code
		}
	}
}
