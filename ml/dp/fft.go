package dp

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// transform replaces x, whose length is a power of two, with its discrete
// Fourier transform, not normalized: Cooley and Tukey's, in place.
func transform(x []complex128) {
	n := len(x)
	shift := 64 - bits.TrailingZeros(uint(n))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); n > 1 && i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	roots := make([]complex128, n/2)
	for i := range roots {
		roots[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	for half := 1; half < n; half *= 2 {
		stride := n / (2 * half)
		for start := 0; start < n; start += 2 * half {
			a, b := x[start:start+half], x[start+half:start+2*half]
			for k := range a {
				t := b[k] * roots[k*stride]
				a[k], b[k] = a[k]+t, a[k]-t
			}
		}
	}
}

// power raises z to n by squaring.
func power(z complex128, n int) complex128 {
	out := complex(1, 0)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			out *= z
		}
		z *= z
	}
	return out
}
