package graph

import (
	"fmt"
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
	err = n.lim.spend(append(slices.Clone(shape), k...)...)
	return w, one(shape, function[T]{}, x), err
}

// maxWindow is the number of kernel elements that max pooling may have; single
// precision must tell them apart.
const maxWindow = 1 << 20

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
	if w.kernel[0]*w.kernel[1] > maxWindow {
		return nil, fmt.Errorf("%w: a window of %v", ErrTooLarge, w.kernel)
	}
	p := &maxima[T]{w, w.halves()}
	fn := &r[0].fn
	fn.forward, fn.backward = p.forward, p.backward
	fn.tmp, fn.extra = w.area(), size(r[0].shape)
	return r, nil
}

// maxima is the largest number in every window. Behind its results it leaves
// which kernel element saw them.
type maxima[T kernel.Float] struct {
	*window
	halves bool
}

// halves reports whether the window sees pixels two by two, each once at most.
func (w *window) halves() bool {
	two, none := [2]int{2, 2}, [2]int{}
	return w.kernel == two && w.stride == two && w.dilation == [2]int{1, 1} && w.before == none && w.always(1, 1)
}

func (p *maxima[T]) forward(in [][]T, out, tmp []T) {
	area, half := p.area(), len(out)/2
	if p.halves {
		for i, img := 0, in[0]; i < half; i, img = i+area, img[p.image():] {
			kernel.Halve(out[i:i+area], out[half+i:half+i+area], img, p.in[1], p.out[0], p.out[1])
		}
		return
	}
	fill(out[:half], T(math.Inf(-1)))
	fill(out[half:], -1)
	for i, img := 0, in[0]; len(img) >= p.image() && i < half; i, img = i+area, img[p.image():] {
		for k := range p.kernel[0] * p.kernel[1] {
			ky, kx := k/p.kernel[1], k%p.kernel[1]
			if !p.always(ky, kx) {
				fill(tmp[:area], T(math.Inf(-1)))
			}
			look(p.window, tmp, img, ky, kx)
			kernel.Raise(out[i:i+area], out[half+i:half+i+area], tmp[:area], T(k))
		}
	}
}

func (p *maxima[T]) backward(_ [][]T, out, dout []T, din [][]T, _ []T) {
	half := len(out) / 2
	if p.halves {
		area := p.area()
		for i, dimg := 0, din[0]; i < half; i, dimg = i+area, dimg[p.image():] {
			kernel.Unhalve(dimg, dout[i:i+area], out[half+i:half+i+area], p.in[1], p.out[0], p.out[1])
		}
		return
	}
	offset := make([]int, p.kernel[0]*p.kernel[1])
	for k := range offset {
		offset[k] = k/p.kernel[1]*p.dilation[0]*p.in[1] + k%p.kernel[1]*p.dilation[1]
	}
	dimg, which := din[0], out[half:]
	for len(dimg) >= p.image() && len(which) > 0 {
		for y := range p.out[0] {
			at := p.from(0, y, 0)*p.in[1] + p.from(1, 0, 0)
			for x, k := range which[:p.out[1]] {
				if k >= 0 {
					dimg[at+x*p.stride[1]+offset[int(k)]] += dout[x]
				}
			}
			which, dout = which[p.out[1]:], dout[p.out[1]:]
		}
		dimg = dimg[p.image():]
	}
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

// seen returns the ranges of kernel elements with which the window at (y, x)
// looks at the image.
func (w *window) seen(y, x int) (ky0, ky1, kx0, kx1 int) {
	ky0, ky1 = w.elements(0, y)
	kx0, kx1 = w.elements(1, x)
	return ky0, ky1, kx0, kx1
}

// elements is seen in dimension d for the window at position o.
func (w *window) elements(d, o int) (lo, hi int) {
	at, step, hi := o*w.stride[d]-w.before[d], w.dilation[d], w.kernel[d]
	if at < 0 {
		lo = (-at + step - 1) / step
	}
	if at+(hi-1)*step >= w.in[d] {
		hi = max(0, (w.in[d]-at+step-1)/step)
	}
	return lo, hi
}

// each calls f with every pixel that the window at (y, x) sees.
func (w *window) each(y, x int, f func(at int)) {
	ky0, ky1, kx0, kx1 := w.seen(y, x)
	for ky := ky0; ky < ky1; ky++ {
		for kx := kx0; kx < kx1; kx++ {
			f(w.from(0, y, ky)*w.in[1] + w.from(1, x, kx))
		}
	}
}

// globalAveragePool takes the mean of every channel.
func globalAveragePool[T kernel.Float](n *node[T]) ([]result[T], error) { return global(n, n.mean) }

// globalMaxPool takes the largest number of every channel.
func globalMaxPool[T kernel.Float](n *node[T]) ([]result[T], error) { return global(n, n.top) }

// global reduces every channel.
func global[T kernel.Float](n *node[T], f reducer[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	if len(x.shape) < 3 {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	set := make([]bool, len(x.shape))
	fill(set[2:], true)
	return n.reduce(x, set, true, f)
}
