package kernel

import "math"

// Halve makes an image of h lines of length w of one with lines of length wide:
// an element of top is the largest of two by two, and of which the number of
// that one, 0 to 3, the first of equals. What is no number counts as largest.
// If all are negative infinity the number is -1.
func Halve[T Float](top, which, img []T, wide, h, w int) {
	top, which = top[:h*w], which[:h*w]
	if quickHalve(top, which, img, wide, h, w) {
		return
	}
	for y := range h {
		above := img[2*y*wide:][: 2*w : 2*w]
		below := img[(2*y+1)*wide:][: 2*w : 2*w]
		for x := range w {
			best, code := T(math.Inf(-1)), T(-1)
			for k, v := range [4]T{above[2*x], above[2*x+1], below[2*x], below[2*x+1]} {
				if v > best || v != v { // only what is no number differs from itself
					best, code = v, T(k)
				}
			}
			top[y*w+x], which[y*w+x] = best, code
		}
	}
}

// Unhalve adds each element of d to the one of two by two of img that which
// tells: the gradient of [Halve].
func Unhalve[T Float](img, d, which []T, wide, h, w int) {
	d, which = d[:h*w], which[:h*w]
	done := quickUnhalve(img, d, which, wide, h, w)
	for y := range h {
		two := img[2*y*wide:]
		for x := done; x < w; x++ {
			if k := int(which[y*w+x]); k >= 0 {
				two[k/2*wide+2*x+k%2] += d[y*w+x]
			}
		}
	}
}
