package graph

import "quintain/ml/kernel"

// A window slides over images: the geometry of convolution and pooling. Index
// 0 is down, 1 is across; a signal of one dimension is an image of height 1.
type window struct {
	in, out  [2]int // sizes of the image that it slides over and of that it makes
	kernel   [2]int
	stride   [2]int
	dilation [2]int
	before   [2]int // padding before the image
	after    [2]int
}

// window returns the geometry for inputs of the given shape, a batch of
// channels of images, and a kernel.
func (n *node[T]) window(shape, k []int) (*window, error) {
	rank := len(shape) - 2
	if rank < 1 || rank > 2 {
		return nil, unsupportedf("an input of shape %v", shape)
	}
	if len(k) != rank {
		return nil, invalidf("a kernel of shape %v for an input of shape %v", k, shape)
	}
	strides, err := n.ints("strides", rank, 1, 1)
	if err != nil {
		return nil, err
	}
	dilations, err := n.ints("dilations", rank, 1, 1)
	if err != nil {
		return nil, err
	}
	pads, err := n.ints("pads", 2*rank, 0, 0)
	if err != nil {
		return nil, err
	}
	w := &window{in: [2]int{1, 1}, out: [2]int{1, 1}, kernel: [2]int{1, 1}, stride: [2]int{1, 1}, dilation: [2]int{1, 1}}
	for i := range rank {
		d := 2 - rank + i
		w.in[d], w.kernel[d], w.stride[d], w.dilation[d] = shape[2+i], k[i], strides[i], dilations[i]
		w.before[d], w.after[d] = pads[i], pads[rank+i]
		if w.kernel[d] < 1 || w.kernel[d] > 1<<16 || w.dilation[d] > 1<<16 {
			return nil, invalidf("a kernel of %d, dilated by %d", w.kernel[d], w.dilation[d])
		}
		if err := w.fit(d, n.Attr["auto_pad"].Text, n.int("ceil_mode", 0) != 0); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// fit works out padding and output size in dimension d.
func (w *window) fit(d int, auto string, ceil bool) error {
	span := (w.kernel[d]-1)*w.dilation[d] + 1
	switch auto {
	case "", "NOTSET":
	case "VALID":
		w.before[d], w.after[d] = 0, 0
	case "SAME_UPPER", "SAME_LOWER":
		outs := (w.in[d] + w.stride[d] - 1) / w.stride[d]
		total := max((outs-1)*w.stride[d]+span-w.in[d], 0)
		w.before[d], w.after[d] = total/2, total-total/2
		if auto == "SAME_LOWER" {
			w.before[d], w.after[d] = w.after[d], w.before[d]
		}
	default:
		return invalidf("auto_pad %q", auto)
	}
	room := w.in[d] + w.before[d] + w.after[d] - span
	if w.in[d] < 1 || room < 0 {
		return invalidf("a kernel that spans %d does not fit an image of %d", span, w.in[d])
	}
	w.out[d] = room/w.stride[d] + 1
	if ceil && room%w.stride[d] != 0 && w.out[d]*w.stride[d] < w.in[d]+w.before[d] {
		w.out[d]++ // the last window starts in the image or in the padding before it
	}
	return nil
}

// shape returns the shape of the output for channels channels.
func (w *window) shape(in []int, channels int) []int {
	if len(in) == 3 {
		return []int{in[0], channels, w.out[1]}
	}
	return []int{in[0], channels, w.out[0], w.out[1]}
}

// area returns the number of positions in the output.
func (w *window) area() int { return w.out[0] * w.out[1] }

// image returns the number of pixels in the input.
func (w *window) image() int { return w.in[0] * w.in[1] }

// from returns where the window at position o looks with kernel element k in
// dimension d; it may be outside the image.
func (w *window) from(d, o, k int) int { return o*w.stride[d] - w.before[d] + k*w.dilation[d] }

// inside returns the range of positions in dimension d at which kernel element
// k looks inside the image.
func (w *window) inside(d, k int) (lo, hi int) {
	off := k*w.dilation[d] - w.before[d]
	if off < 0 {
		lo = (-off + w.stride[d] - 1) / w.stride[d]
	}
	if last := w.in[d] - 1 - off; last >= 0 {
		hi = min(last/w.stride[d]+1, w.out[d])
	}
	return min(lo, hi), hi
}

// always reports whether a kernel element looks inside the image at every
// position.
func (w *window) always(ky, kx int) bool {
	y0, y1 := w.inside(0, ky)
	x0, x1 := w.inside(1, kx)
	return y0 == 0 && x0 == 0 && y1 == w.out[0] && x1 == w.out[1]
}

// spreadOut lays out what the window sees in channels images: one row, of
// length span, for every channel and kernel element, one column for every
// position. It leaves dst alone where the window sees padding.
func spreadOut[T kernel.Float](w *window, dst []T, span int, src []T, channels int) {
	for c := range channels {
		img := src[c*w.image():]
		for ky := range w.kernel[0] {
			for kx := range w.kernel[1] {
				look(w, dst, img, ky, kx)
				dst = dst[span:]
			}
		}
	}
}

// look copies what one kernel element sees at every position of an image. It
// leaves dst alone where that is padding.
func look[T kernel.Float](w *window, dst, img []T, ky, kx int) {
	y0, y1 := w.inside(0, ky)
	x0, x1 := w.inside(1, kx)
	for y := y0; y < y1 && x0 < x1; y++ {
		pick(dst[y*w.out[1]+x0:y*w.out[1]+x1], img[w.from(0, y, ky)*w.in[1]+w.from(1, x0, kx):], w.stride[1])
	}
}

// pick copies every stride-th element of src.
func pick[T kernel.Float](dst, src []T, stride int) {
	if stride == 1 {
		copy(dst, src)
		return
	}
	if stride == 2 {
		src = src[:2*len(dst)-1]
		for i, k := 0, 0; i < len(dst) && k < len(src); i, k = i+1, k+2 {
			dst[i] = src[k]
		}
		return
	}
	for i := range dst {
		dst[i] = src[i*stride]
	}
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

// gatherUp undoes spreadOut for gradients: it adds the rows of cols to the
// pixels of dst that they were seen in.
func gatherUp[T kernel.Float](w *window, dst, cols []T, span, channels int) {
	for c := range channels {
		img := dst[c*w.image():]
		for ky := range w.kernel[0] {
			y0, y1 := w.inside(0, ky)
			for kx := range w.kernel[1] {
				x0, x1 := w.inside(1, kx)
				for y := y0; y < y1 && x0 < x1; y++ {
					line := img[w.from(0, y, ky)*w.in[1]+w.from(1, x0, kx):]
					from := cols[y*w.out[1]+x0 : y*w.out[1]+x1]
					if w.stride[1] == 1 {
						line = line[:len(from)]
						for i, v := range from {
							line[i] += v
						}
						continue
					}
					for i, v := range from {
						line[i*w.stride[1]] += v
					}
				}
				cols = cols[span:]
			}
		}
	}
}
