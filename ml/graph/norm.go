package graph

import (
	"math"

	"quintain/ml/kernel"
)

// batchNorm scales and shifts every channel by what was learned.
func batchNorm[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	if n.int("training_mode", 0) != 0 {
		return nil, unsupportedf("training mode")
	}
	if len(x.shape) < 2 {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	ch, inner := x.shape[1], size(x.shape[2:])
	var stat [4][]T // scale, bias, mean, variance
	for i := range stat {
		o, err := n.weights(i + 1)
		if err != nil {
			return nil, err
		}
		if stat[i] = o.data; len(o.data) != ch {
			return nil, invalidf("input %d has %d numbers for %d channels", i+1, len(o.data), ch)
		}
	}
	eps := float64(n.float("epsilon", 1e-5))
	scale, shift := make([]T, ch), make([]T, ch)
	for i := range ch {
		s := float64(stat[0][i]) / math.Sqrt(float64(stat[3][i])+eps)
		scale[i], shift[i] = T(s), T(float64(stat[1][i])-s*float64(stat[2][i]))
	}
	return one(x.shape, channelwise(scale, shift, inner), x), nil
}

// channelwise scales and shifts channels of inner numbers.
func channelwise[T kernel.Float](scale, shift []T, inner int) function[T] {
	ch := len(scale)
	return function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i, v := range in[0] {
				c := i / inner % ch
				out[i] = v*scale[c] + shift[c]
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				din[0][i] += d * scale[i/inner%ch]
			}
		},
	}
}

// instanceNorm gives every channel of every image mean 0 and variance 1, and
// then scales and shifts it by what was learned.
func instanceNorm[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	if len(x.shape) < 3 {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	var stat [2][]T // scale, bias
	for i := range stat {
		o, err := n.weights(i + 1)
		if err != nil {
			return nil, err
		}
		if stat[i] = o.data; len(o.data) != x.shape[1] {
			return nil, invalidf("input %d has %d numbers for %d channels", i+1, len(o.data), x.shape[1])
		}
	}
	l := &layer[T]{width: size(x.shape[2:]), eps: float64(n.float("epsilon", 1e-5))}
	if _, err := n.lim.take([]int{l.width}); err != nil {
		return nil, err
	}
	l.scale = make([]T, l.width)
	fill(l.scale, 1)
	even, err := n.c.keep(&one(x.shape, function[T]{forward: l.forward, backward: l.backward}, x)[0])
	if err != nil {
		return nil, err
	}
	return one(x.shape, channelwise(stat[0], stat[1], l.width), even), nil
}

// layerNorm gives the numbers of the last dimensions, from the axis on, mean 0
// and variance 1, and then scales and shifts each by what was learned.
func layerNorm[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	a, err := axis(n.int("axis", -1), len(x.shape))
	if err != nil {
		return nil, err
	}
	l := &layer[T]{width: size(x.shape[a:]), eps: float64(n.float("epsilon", 1e-5))}
	scale, err := n.weights(1)
	if err != nil {
		return nil, err
	}
	if l.scale = scale.data; len(l.scale) != l.width {
		return nil, invalidf("%d scales for %d numbers", len(l.scale), l.width)
	}
	if n.has(2) {
		shift, err := n.weights(2)
		if err != nil {
			return nil, err
		}
		if l.shift = shift.data; len(l.shift) != l.width {
			return nil, invalidf("%d shifts for %d numbers", len(l.shift), l.width)
		}
	}
	return one(x.shape, function[T]{forward: l.forward, backward: l.backward}, x), nil
}

type layer[T kernel.Float] struct {
	width        int
	eps          float64
	scale, shift []T // shift may be nil
}

// moments returns the mean of x and the inverse of its standard deviation.
func (l *layer[T]) moments(x []T) (mean, inv T) {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
	}
	m := sum / float64(len(x))
	for _, v := range x {
		squares += (float64(v) - m) * (float64(v) - m)
	}
	return T(m), T(1 / math.Sqrt(squares/float64(len(x))+l.eps))
}

func (l *layer[T]) forward(in [][]T, out, _ []T) {
	for i := 0; i < len(out); i += l.width {
		x, y := in[0][i:i+l.width], out[i:i+l.width]
		mean, inv := l.moments(x)
		for k, v := range x {
			y[k] = (v - mean) * inv * l.scale[k]
			if l.shift != nil {
				y[k] += l.shift[k]
			}
		}
	}
}

func (l *layer[T]) backward(in [][]T, _, dout []T, din [][]T, _ []T) {
	for i := 0; i < len(dout); i += l.width {
		x, dy, dx := in[0][i:i+l.width], dout[i:i+l.width], din[0][i:i+l.width]
		mean, inv := l.moments(x)
		var sum, dot T // of the gradient before the scale, and with the normalized numbers
		for k, d := range dy {
			sum += d * l.scale[k]
			dot += d * l.scale[k] * (x[k] - mean) * inv
		}
		share := 1 / T(l.width)
		for k, d := range dy {
			dx[k] += inv * (d*l.scale[k] - share*sum - (x[k]-mean)*inv*share*dot)
		}
	}
}
