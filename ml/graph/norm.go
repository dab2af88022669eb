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
	live := false
	for i := range stat {
		o, err := n.learned(i + 1)
		if err == nil && i > 1 {
			o, err = n.weights(i + 1)
		}
		if err != nil {
			return nil, err
		}
		if size(o.shape) != ch {
			return nil, invalidf("input %d has %d numbers for %d channels", i+1, size(o.shape), ch)
		}
		stat[i], live = o.data, live || !o.constant()
	}
	eps := float64(n.float("epsilon", 1e-5))
	if live {
		return n.evenly(x, stat[2], stat[3], eps, inner)
	}
	scale, shift := make([]T, ch), make([]T, ch)
	for i := range ch {
		s := float64(stat[0][i]) / math.Sqrt(float64(stat[3][i])+eps)
		scale[i], shift[i] = T(s), T(float64(stat[1][i])-s*float64(stat[2][i]))
	}
	return one(x.shape, channelwise(scale, shift, inner), x), nil
}

// evenly is batchNorm where scale and bias, inputs 1 and 2, may change. Mean
// and variance stay what the file says.
func (n *node[T]) evenly(x *operand[T], mean, variance []T, eps float64, inner int) ([]result[T], error) {
	if _, err := n.lim.take([]int{2, len(mean)}); err != nil {
		return nil, err
	}
	scale, shift := make([]T, len(mean)), make([]T, len(mean))
	for i := range mean {
		s := 1 / math.Sqrt(float64(variance[i])+eps)
		scale[i], shift[i] = T(s), T(-s*float64(mean[i]))
	}
	even, err := n.c.keep(&one(x.shape, channelwise(scale, shift, inner), x)[0])
	if err != nil {
		return nil, err
	}
	return one(x.shape, affinely[T](len(mean), inner), even, n.in[1], n.in[2]), nil
}

// affinely scales channels of inner numbers by input 1 and shifts them by
// input 2.
func affinely[T kernel.Float](channels, inner int) function[T] {
	return function[T]{
		partial: true,
		forward: func(in [][]T, out, _ []T) {
			for i, v := range in[0] {
				c := i / inner % channels
				out[i] = v*in[1][c] + in[2][c]
			}
		},
		backward: func(in [][]T, _, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				c := i / inner % channels
				if din[0] != nil {
					din[0][i] += d * in[1][c]
				}
				if din[1] != nil {
					din[1][c] += d * in[0][i]
				}
				if din[2] != nil {
					din[2][c] += d
				}
			}
		},
	}
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
	for i := range 2 { // scale, bias
		o, err := n.learned(i + 1)
		if err != nil {
			return nil, err
		}
		if size(o.shape) != x.shape[1] {
			return nil, invalidf("input %d has %d numbers for %d channels", i+1, size(o.shape), x.shape[1])
		}
	}
	l := &layer[T]{width: size(x.shape[2:]), eps: float64(n.float("epsilon", 1e-5))}
	even, err := n.c.keep(&one(x.shape, function[T]{forward: l.forward, backward: l.backward}, x)[0])
	if err != nil {
		return nil, err
	}
	return one(x.shape, affinely[T](x.shape[1], l.width), even, n.in[1], n.in[2]), nil
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
	scale, err := n.learned(1)
	if err != nil {
		return nil, err
	}
	if size(scale.shape) != l.width {
		return nil, invalidf("%d scales for %d numbers", size(scale.shape), l.width)
	}
	in := []*operand[T]{x, scale}
	if n.has(2) {
		shift, err := n.learned(2)
		if err != nil {
			return nil, err
		}
		if size(shift.shape) != l.width {
			return nil, invalidf("%d shifts for %d numbers", size(shift.shape), l.width)
		}
		in = append(in, shift)
	}
	return one(x.shape, function[T]{forward: l.forward, backward: l.backward}, in...), nil
}

// A layer normalizes width numbers. Scales are input 1 and shifts input 2,
// unless they are left out.
type layer[T kernel.Float] struct {
	width int
	eps   float64
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
			y[k] = (v - mean) * inv
			if len(in) > 1 {
				y[k] *= in[1][k]
			}
			if len(in) > 2 {
				y[k] += in[2][k]
			}
		}
	}
}

func (l *layer[T]) backward(in [][]T, _, dout []T, din [][]T, _ []T) {
	for i := 0; i < len(dout); i += l.width {
		x, dy, dx := in[0][i:i+l.width], dout[i:i+l.width], din[0][i:i+l.width]
		mean, inv := l.moments(x)
		l.learn(x, dy, mean, inv, din)
		scale := func(k int) T {
			if len(in) > 1 {
				return in[1][k]
			}
			return 1
		}
		var sum, dot T // of the gradient before the scale, and with the normalized numbers
		for k, d := range dy {
			sum += d * scale(k)
			dot += d * scale(k) * (x[k] - mean) * inv
		}
		share := 1 / T(l.width)
		for k, d := range dy {
			dx[k] += inv * (d*scale(k) - share*sum - (x[k]-mean)*inv*share*dot)
		}
	}
}

// learn adds the gradients with respect to scales and shifts.
func (l *layer[T]) learn(x, dy []T, mean, inv T, din [][]T) {
	if len(din) > 1 && din[1] != nil {
		for k, d := range dy {
			din[1][k] += d * (x[k] - mean) * inv
		}
	}
	if len(din) > 2 && din[2] != nil {
		for k, d := range dy {
			din[2][k] += d
		}
	}
}
