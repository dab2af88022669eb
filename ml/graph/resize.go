package graph

import (
	"math"
	"slices"

	"quintain/ml/kernel"
)

// A tap is one element that an element of a resized dimension is made of.
type tap struct {
	from   int
	weight float64
}

// resize stretches dimensions. Every element of the result is a weighted sum
// of a few of the input's.
func resize[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	shape, scales, err := n.stretched(x)
	if err != nil {
		return nil, err
	}
	taps := make([][][]tap, len(shape))
	for d := range shape {
		if taps[d], err = n.taps(x.shape[d], shape[d], scales[d]); err != nil {
			return nil, err
		}
	}
	s, err := n.sum(x.shape, shape, taps)
	if err != nil {
		return nil, err
	}
	return one(shape, function[T]{
		mix: s.mix,
		forward: func(in [][]T, out, _ []T) {
			for i := range out {
				var v T
				for k := s.first[i]; k < s.first[i+1]; k++ {
					v += s.weight[k] * in[0][s.from[k]]
				}
				out[i] = v
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				for k := s.first[i]; k < s.first[i+1]; k++ {
					din[0][s.from[k]] += s.weight[k] * d
				}
			}
		},
	}, x), nil
}

// stretched returns the shape of the result, and the scale of each dimension.
func (n *node[T]) stretched(x *operand[T]) (shape []int, scales []float64, err error) {
	at, sizeAt := 2, 3
	if n.Op == "Upsample" || n.opset < 11 {
		at, sizeAt = 1, 4
	}
	rank := len(x.shape)
	for _, name := range []string{"axes", "antialias"} {
		if a, ok := n.Attr[name]; ok && (a.Int != 0 || len(a.Ints) > 0) {
			return nil, nil, unsupportedf("attribute %q", name)
		}
	}
	if n.has(sizeAt) {
		if shape, err = n.integers(sizeAt); err != nil {
			return nil, nil, err
		}
		if len(shape) != rank {
			return nil, nil, invalidf("sizes %v for a value of shape %v", shape, x.shape)
		}
		for i, d := range shape {
			scales = append(scales, float64(d)/float64(max(x.shape[i], 1)))
		}
	} else {
		factor := n.Attr["scales"].Floats
		if n.has(at) {
			w, err := n.weights(at)
			if err != nil {
				return nil, nil, err
			}
			factor = nil
			for _, v := range w.data {
				factor = append(factor, float32(v))
			}
		}
		if len(factor) != rank {
			return nil, nil, invalidf("%d scales for a value of shape %v", len(factor), x.shape)
		}
		for i, f := range factor {
			d := math.Floor(float64(x.shape[i]) * float64(f))
			if !(f > 0) || d > 1<<24 {
				return nil, nil, invalidf("a scale of %v", f)
			}
			shape, scales = append(shape, int(d)), append(scales, float64(f))
		}
	}
	_, err = n.lim.count(shape)
	return shape, scales, err
}

// taps returns what each of out elements is made of, in a dimension of in
// elements that is stretched by scale.
func (n *node[T]) taps(in, out int, scale float64) ([][]tap, error) {
	if out > 0 && in < 1 {
		return nil, invalidf("nothing to resize")
	}
	if _, err := n.lim.take([]int{out}); err != nil {
		return nil, err
	}
	list := make([][]tap, out)
	for i := range list {
		if in == out && scale == 1 {
			list[i] = []tap{{i, 1}}
			continue
		}
		c, err := n.coordinate(i, in, out, scale)
		if err != nil {
			return nil, err
		}
		switch mode := n.text("mode", "nearest"); mode {
		case "nearest":
			k, err := n.nearest(c)
			if err != nil {
				return nil, err
			}
			list[i] = []tap{{min(max(k, 0), in-1), 1}}
		case "linear":
			c = min(max(c, 0), float64(in-1))
			k := min(int(c), max(in-2, 0))
			list[i] = []tap{{k, 1 - (c - float64(k))}}
			if w := c - float64(k); w > 0 {
				list[i] = append(list[i], tap{k + 1, w})
			}
		default:
			return nil, unsupportedf("mode %q", mode)
		}
	}
	return list, nil
}

// coordinate returns where in the input element i of the result lies.
func (n *node[T]) coordinate(i, in, out int, scale float64) (float64, error) {
	x, mode := float64(i), n.text("coordinate_transformation_mode", "half_pixel")
	if n.Op == "Upsample" || n.opset < 11 {
		mode = "asymmetric"
	}
	switch mode {
	case "half_pixel":
		return (x+0.5)/scale - 0.5, nil
	case "pytorch_half_pixel":
		if out == 1 {
			return 0, nil
		}
		return (x+0.5)/scale - 0.5, nil
	case "asymmetric":
		return x / scale, nil
	case "align_corners":
		return x * float64(in-1) / math.Max(float64(out-1), 1), nil
	}
	return 0, unsupportedf("coordinates %q", mode)
}

// nearest rounds a coordinate.
func (n *node[T]) nearest(c float64) (int, error) {
	mode := n.text("nearest_mode", "round_prefer_floor")
	if n.Op == "Upsample" || n.opset < 11 {
		mode = "floor"
	}
	switch mode {
	case "round_prefer_floor":
		return int(math.Ceil(c - 0.5)), nil
	case "round_prefer_ceil":
		return int(math.Floor(c + 0.5)), nil
	case "floor":
		return int(math.Floor(c)), nil
	case "ceil":
		return int(math.Ceil(c)), nil
	}
	return 0, unsupportedf("rounding %q", mode)
}

// sums are the terms of each element of a result.
type sums[T kernel.Float] struct {
	first  []int32 // of the terms of each element, and their number
	from   []int32
	weight []T
}

// sum combines the taps of all dimensions.
func (n *node[T]) sum(in, out []int, taps [][][]tap) (*sums[T], error) {
	most := slices.Clone(out)
	for d := range out { // two terms at most in a dimension that is stretched
		if in[d] != out[d] || slices.ContainsFunc(taps[d], func(t []tap) bool { return len(t) > 1 }) {
			most = append(most, 2)
		}
	}
	if _, err := n.lim.take(most); err != nil {
		return nil, err
	}
	if err := n.lim.spend(most...); err != nil {
		return nil, err
	}
	step, s := strides(in), &sums[T]{first: []int32{0}}
	var add func(d, from int, weight float64, pos []int)
	add = func(d, from int, weight float64, pos []int) {
		if d == len(pos) {
			s.from, s.weight = append(s.from, int32(from)), append(s.weight, T(weight))
			return
		}
		for _, t := range taps[d][pos[d]] {
			add(d+1, from+t.from*step[d], weight*t.weight, pos)
		}
	}
	pos := make([]int, len(out))
	for range size(out) {
		add(0, 0, 1, pos)
		s.first = append(s.first, int32(len(s.from)))
		for d := len(pos) - 1; d >= 0; d-- {
			if pos[d]++; pos[d] < out[d] {
				break
			}
			pos[d] = 0
		}
	}
	return s, nil
}
