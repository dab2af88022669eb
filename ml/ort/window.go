package ort

import (
	"slices"

	"quintain/ml/graph"
)

// A window is the geometry of convolution and pooling, one number for each
// dimension of an image.
type window struct {
	kernel, stride, dilation []int
	before, after            []int // padding that is needed
	given                    []int // padding after the image that counts as there
	spare                    []int // at the end of the image, which no window sees
}

// window returns the geometry of a kernel that slides over images of shape in
// and makes images of shape out, both with batch and channels.
func (u *use) window(in, out, kernel []int) window {
	n := len(kernel)
	pads := u.each("pads", 2*n, 0)
	w := window{
		kernel: kernel, stride: u.each("strides", n, 1), dilation: u.each("dilations", n, 1),
		before: pads[:n:n], given: pads[n:], after: make([]int, n), spare: make([]int, n),
	}
	for i := range n {
		short := (out[2+i]-1)*w.stride[i] + (kernel[i]-1)*w.dilation[i] + 1 - in[2+i]
		total := max(short, 0)
		switch u.Attr["auto_pad"].Text {
		case "VALID":
			w.before[i], w.given[i] = 0, 0
		case "SAME_UPPER":
			w.before[i], w.given[i] = total/2, total-total/2
		case "SAME_LOWER":
			w.before[i], w.given[i] = total-total/2, total/2
		}
		w.after[i], w.spare[i] = max(0, short-w.before[i]), max(0, w.before[i]-short)
	}
	return w
}

// each returns a copy of the attribute name, or n times def.
func (u *use) each(name string, n, def int) []int {
	if v := u.list(name, -1); len(v) > 0 {
		return v
	}
	return slices.Repeat([]int{def}, n)
}

func (w window) attrs() attrs {
	return attrs{
		"kernel_shape": integers(w.kernel...), "strides": integers(w.stride...), "dilations": integers(w.dilation...),
		"pads": integers(slices.Concat(w.before, w.after)...),
	}
}

// convolve writes a convolution; in are its input, weights and perhaps bias.
func (u *use) convolve(shape []int, w window, in ...string) string {
	a := w.attrs()
	a["group"] = integer(u.int("group", 1))
	return u.op("Conv", shape, a, in...)
}

// paint is the gradient of a convolution with respect to its input.
func (u *use) paint(shape []int, w window, in ...string) string {
	a := w.attrs()
	a["group"], a["output_padding"] = integer(u.int("group", 1)), integers(w.spare...)
	return u.op("ConvTranspose", shape, a, in...)
}

func (u *use) convWindow() window { return u.window(u.inShape(0), u.outShape(), u.inShape(1)[2:]) }

func conv(u *use) string { return u.convolve(u.outShape(), u.convWindow(), u.in...) }

// blockSize is how many channels the library works on at once where it can.
const blockSize = 16

// convBack is another convolution where windows are next to each other, which
// the library computes faster if there are channels enough.
func convBack(u *use, d string) []string {
	if w, ok := u.convWindow().turned(); ok && u.inShape(0)[1] >= blockSize {
		return []string{u.convolve(u.inShape(0), w, d, u.tensor(turned(u.constant(1), u.int("group", 1))))}
	}
	return []string{u.paint(u.inShape(0), u.convWindow(), d, u.in[1])}
}

// turned returns the geometry of the convolution with turned kernels that is the
// gradient of the one that w describes, if there is one.
func (w window) turned() (window, bool) {
	t := w
	t.before, t.after = make([]int, len(w.kernel)), make([]int, len(w.kernel))
	for i, k := range w.kernel {
		edge := (k - 1) * w.dilation[i]
		t.before[i], t.after[i] = edge-w.before[i], edge-w.after[i]+w.spare[i]
		if w.stride[i] != 1 || t.before[i] < 0 || t.after[i] < 0 {
			return w, false
		}
	}
	return t, true
}

// turned returns the weights of a convolution with its kernels turned around,
// and inputs and outputs exchanged.
func turned(t *graph.Tensor, groups int) *graph.Tensor {
	outs, ins, k := t.Shape[0]/groups, t.Shape[1], size(t.Shape[2:])
	r := &graph.Tensor{Shape: append([]int{groups * ins, outs}, t.Shape[2:]...), Float: make([]float32, len(t.Float))}
	for i, v := range t.Float {
		g, o, c, at := i/k/ins/outs, i/k/ins%outs, i/k%ins, i%k
		r.Float[((g*ins+c)*outs+o)*k+k-1-at] = v
	}
	return r
}

// growWindow is the geometry of the convolution that ConvTranspose undoes.
func (u *use) growWindow() window { return u.window(u.outShape(), u.inShape(0), u.inShape(1)[2:]) }

func grow(u *use) string { return u.paint(u.outShape(), u.growWindow(), u.in...) }

func growBack(u *use, d string) []string {
	return []string{u.convolve(u.inShape(0), u.growWindow(), d, u.in[1])}
}

func (u *use) poolWindow() window {
	return u.window(u.inShape(0), u.outShape(), u.each("kernel_shape", len(u.inShape(0))-2, 1))
}

func maxPool(u *use) string { return u.op("MaxPool", u.outShape(), u.poolWindow().attrs(), u.in[0]) }

// maxPoolBack finds again which numbers were the largest, the first of equals.
func maxPoolBack(u *use, d string) []string {
	w := u.poolWindow()
	if w.tiles(u.inShape(0)) {
		return []string{u.tilesBack(w, d)}
	}
	n, outs := size(u.inShape(0)), size(u.outShape())
	at := u.node("MaxPool", w.attrs(), []string{u.in[0]}, u.outShape(), u.outShape())[1]
	back := u.op("ScatterElements", []int{n}, attrs{"axis": integer(0), "reduction": {Text: "add"}},
		u.expand(u.num(0), []int{n}), u.reshape(at, outs), u.reshape(d, outs))
	return []string{u.reshape(back, u.inShape(0)...)}
}

// tiles reports whether every number of images of a shape is in one window.
func (w window) tiles(shape []int) bool {
	for i, k := range w.kernel {
		if w.stride[i] != k || w.dilation[i] != 1 || w.before[i] != 0 || w.after[i] != 0 || shape[2+i]%k != 0 {
			return false
		}
	}
	return true
}

// tilesBack is maxPoolBack for windows that are tiles, and twice as fast: of the
// numbers that are as large as the largest, that with the largest rank gets the
// gradient.
func (u *use) tilesBack(w window, d string) string {
	shape, scales := u.inShape(0), []float32{1, 1}
	rank := []float32{0}
	for i, k := range w.kernel {
		scales = append(scales, float32(k))
		var next []float32
		for _, r := range rank {
			for at := range shape[2+i] {
				next = append(next, r*float32(k)+float32(k-1-at%k))
			}
		}
		rank = next
	}
	for i := range rank {
		rank[i]++
	}
	up := func(x string) string {
		a := attrs{"mode": {Text: "nearest"}, "coordinate_transformation_mode": {Text: "asymmetric"}, "nearest_mode": {Text: "floor"}}
		return u.op("Resize", shape, a, x, "", u.floats([]int{len(scales)}, scales...))
	}
	large := u.gate(u.map2("Equal", u.in[0], up(u.out)), u.floats(append([]int{1, 1}, shape[2:]...), rank...))
	first := u.op("MaxPool", u.outShape(), w.attrs(), large)
	return u.gate(u.map2("Equal", large, up(first)), up(d))
}

// maxOnes is how many numbers an average may be made of.
const maxOnes = 1 << 20

// averagePool is a convolution of every channel alone with ones, of which every
// number is then divided by how many it is made of.
func averagePool(u *use) string {
	w, ones, share := u.average()
	x := u.reshape(u.in[0], alone(u.inShape(0))...)
	y := u.op("Conv", alone(u.outShape()), w.attrs(), x, ones)
	return u.reshape(u.mul(y, share), u.outShape()...)
}

func averagePoolBack(u *use, d string) []string {
	w, ones, share := u.average()
	a := w.attrs()
	a["output_padding"] = integers(w.spare...)
	d = u.mul(u.reshape(d, alone(u.outShape())...), share)
	return []string{u.reshape(u.op("ConvTranspose", alone(u.inShape(0)), a, d, ones), u.inShape(0)...)}
}

// alone makes every channel an image of its own.
func alone(shape []int) []int { return append([]int{shape[0] * shape[1], 1}, shape[2:]...) }

func (u *use) average() (w window, ones, share string) {
	w = u.poolWindow()
	shape := append([]int{1, 1}, u.outShape()[2:]...)
	by := []float32{1}
	for i, outs := range shape[2:] {
		counts := make([]float32, outs)
		for o := range counts {
			counts[o] = float32(w.count(i, o, u.inShape(0)[2+i], u.int("count_include_pad", 0) != 0))
		}
		var next []float32
		for _, b := range by {
			for _, c := range counts {
				next = append(next, b*c)
			}
		}
		by = next
	}
	for i, c := range by {
		by[i] = 1 / max(1, c)
	}
	k := append([]int{1, 1}, w.kernel...)
	return w, u.floats(k, slices.Repeat([]float32{1}, size(k))...), u.floats(shape, by...)
}

// count returns how many numbers a window at position o sees in dimension i of
// in numbers, with padding if it counts.
func (w window) count(i, o, in int, padded bool) int {
	lo, hi := 0, in
	if padded {
		lo, hi = -w.before[i], in+w.given[i]
	}
	n := 0
	for k := range w.kernel[i] {
		if at := o*w.stride[i] - w.before[i] + k*w.dilation[i]; at >= lo && at < hi {
			n++
		}
	}
	return n
}
