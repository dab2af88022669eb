package graph

import (
	"math"
	"slices"

	"quintain/ml/kernel"
)

// pool is what both kinds of pooling have in common.
func pool[T kernel.Float](n *node[T]) (*window, []result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, nil, err
	}
	if len(x.shape) < 3 {
		return nil, nil, invalidf("an input of shape %v", x.shape)
	}
	k, err := n.ints("kernel_shape", len(x.shape)-2, 1, 1)
	if err != nil {
		return nil, nil, err
	}
	w, err := n.window(x.shape, k)
	if err != nil {
		return nil, nil, err
	}
	shape := w.shape(x.shape, x.shape[1])
	_, err = n.lim.spend(append(slices.Clone(shape), k...)...)
	return w, one(shape, function[T]{}, x), err
}

// maxPool takes the largest number in every window. Of equals the first gets
// the gradient.
func maxPool[T kernel.Float](n *node[T]) ([]result[T], error) {
	w, r, err := pool(n)
	if err != nil {
		return nil, err
	}
	if n.int("storage_order", 0) != 0 {
		return nil, unsupportedf("column-major storage")
	}
	fn := &r[0].fn
	fn.forward = func(in [][]T, out, _ []T) {
		for i, img := 0, in[0]; len(img) >= w.image() && i < len(out); img = img[w.image():] {
			for y := range w.out[0] {
				for x := range w.out[1] {
					out[i] = T(math.Inf(-1))
					if at := largest(w, img, y, x); at >= 0 {
						out[i] = img[at]
					}
					i++
				}
			}
		}
	}
	fn.backward = func(in [][]T, _, dout []T, din [][]T, _ []T) {
		dimg := din[0]
		for i, img := 0, in[0]; len(img) >= w.image() && i < len(dout); img, dimg = img[w.image():], dimg[w.image():] {
			for y := range w.out[0] {
				for x := range w.out[1] {
					if at := largest(w, img, y, x); at >= 0 {
						dimg[at] += dout[i]
					}
					i++
				}
			}
		}
	}
	return r, nil
}

// largest returns the pixel of img that the window at (y, x) finds largest, or
// -1 if it sees none. A pixel that is no number counts as largest, as it does
// for PyTorch.
func largest[T kernel.Float](w *window, img []T, y, x int) int {
	best := -1
	var top T
	for ky := range w.kernel[0] {
		iy := w.from(0, y, ky)
		if uint(iy) >= uint(w.in[0]) {
			continue
		}
		for kx := range w.kernel[1] {
			ix := w.from(1, x, kx)
			if uint(ix) >= uint(w.in[1]) {
				continue
			}
			if v := img[iy*w.in[1]+ix]; best < 0 || v > top || math.IsNaN(float64(v)) {
				best, top = iy*w.in[1]+ix, v
			}
		}
	}
	return best
}

// averagePool takes the mean of every window. Padding counts only if the
// attribute count_include_pad says so.
func averagePool[T kernel.Float](n *node[T]) ([]result[T], error) {
	w, r, err := pool(n)
	if err != nil {
		return nil, err
	}
	padded := n.int("count_include_pad", 0) != 0
	share := func(y, x int) T { return 1 / T(max(1, w.count(0, y, padded)*w.count(1, x, padded))) }
	fn := &r[0].fn
	fn.forward = func(in [][]T, out, _ []T) {
		for i, img := 0, in[0]; len(img) >= w.image() && i < len(out); img = img[w.image():] {
			for y := range w.out[0] {
				for x := range w.out[1] {
					var sum T
					w.each(y, x, func(at int) { sum += img[at] })
					out[i] = sum * share(y, x)
					i++
				}
			}
		}
	}
	fn.backward = func(_ [][]T, _, dout []T, din [][]T, _ []T) {
		for i, dimg := 0, din[0]; len(dimg) >= w.image() && i < len(dout); dimg = dimg[w.image():] {
			for y := range w.out[0] {
				for x := range w.out[1] {
					d := dout[i] * share(y, x)
					w.each(y, x, func(at int) { dimg[at] += d })
					i++
				}
			}
		}
	}
	return r, nil
}

// count returns how many kernel elements of the window at position o look at
// the image in dimension d, or with padded at the image and its padding.
func (w *window) count(d, o int, padded bool) int {
	lo, hi := 0, w.in[d]
	if padded {
		lo, hi = -w.before[d], hi+w.after[d]
	}
	n := 0
	for k := range w.kernel[d] {
		if at := w.from(d, o, k); at >= lo && at < hi {
			n++
		}
	}
	return n
}

// each calls f with every pixel that the window at (y, x) sees.
func (w *window) each(y, x int, f func(at int)) {
	for ky := range w.kernel[0] {
		iy := w.from(0, y, ky)
		if uint(iy) >= uint(w.in[0]) {
			continue
		}
		for kx := range w.kernel[1] {
			if ix := w.from(1, x, kx); uint(ix) < uint(w.in[1]) {
				f(iy*w.in[1] + ix)
			}
		}
	}
}

// globalAveragePool takes the mean of every channel.
func globalAveragePool[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	if len(x.shape) < 3 {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	set := make([]bool, len(x.shape))
	fill(set[2:], true)
	return n.reduce(x, set, true, true)
}
