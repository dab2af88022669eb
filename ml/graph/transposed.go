package graph

import (
	"quintain/ml/kernel"
)

// convTranspose is the gradient of a convolution with respect to its input,
// and the convolution is its gradient.
func convTranspose[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	w, err := n.learned(1)
	if err != nil {
		return nil, err
	}
	groups := n.int("group", 1)
	rank := len(x.shape) - 2
	if rank < 1 || len(w.shape) != len(x.shape) || w.shape[0] != x.shape[1] || groups < 1 || x.shape[1] < 1 || x.shape[1]%groups != 0 || w.shape[1] < 1 {
		return nil, invalidf("weights of shape %v in %d groups for an input of shape %v", w.shape, groups, x.shape)
	}
	shape, err := n.grown(x.shape, w.shape, groups)
	if err != nil {
		return nil, err
	}
	win, err := n.window(shape, w.shape[2:])
	if err != nil {
		return nil, err
	}
	for i, d := range win.shape(shape, x.shape[1]) {
		if d != x.shape[i] {
			return nil, invalidf("an output of shape %v for an input of shape %v", shape, x.shape)
		}
	}
	c := &convolution[T]{window: win, images: x.shape[0], groups: groups, inCh: w.shape[1], outCh: w.shape[0] / groups}
	if err := n.lim.spend(c.images, w.shape[0], c.depth(), win.area()); err != nil {
		return nil, err
	}
	tmp, err := c.plan(n.lim, !w.constant())
	if err != nil {
		return nil, err
	}
	in, bias, err := n.biased([]*operand[T]{x, w}, shape[1])
	if err != nil {
		return nil, err
	}
	if w.constant() {
		if err := c.packWeights(n, w.data); err != nil {
			return nil, err
		}
	}
	count := size(x.shape)
	return one(shape, function[T]{
		forward: func(in [][]T, out, tmp []T) {
			clear(out)
			bias := bias
			if len(in) > 2 {
				bias = in[2]
			}
			for i := 0; bias != nil && i < len(out); i += win.image() {
				fill(out[i:i+win.image()], bias[i/win.image()%len(bias)])
			}
			c.backward(in, nil, in[0], [][]T{out}, tmp)
		},
		partial: true,
		backward: func(in [][]T, _, dout []T, din [][]T, tmp []T) {
			c.learnTransposed(in, dout, din, tmp)
			if din[0] == nil {
				return
			}
			dx := tmp[:count]
			c.forward([][]T{dout, in[1]}, dx, tmp[count:])
			for i, d := range dx {
				din[0][i] += d
			}
		},
		tmp: count + tmp,
	}, in...), nil
}

// biased returns the biases in input 2, if they are constant, or appends that
// input to in.
func (n *node[T]) biased(in []*operand[T], channels int) (inputs []*operand[T], bias []T, err error) {
	if !n.has(2) {
		return in, nil, nil
	}
	b, err := n.learned(2)
	if err != nil {
		return nil, nil, err
	}
	if size(b.shape) != channels {
		return nil, nil, invalidf("%d biases for %d channels", size(b.shape), channels)
	}
	if !b.constant() {
		return append(in, b), nil, nil
	}
	return in, b.data, nil
}

// learnTransposed adds the gradients with respect to weights and bias: the
// image is the gradient of the output.
func (c *convolution[T]) learnTransposed(in [][]T, dout []T, din [][]T, tmp []T) {
	if din[1] != nil {
		s, k, size := c.workshop(tmp), c.outCh*c.depth(), c.outCh*c.area()
		clear(s[roomSeen])
		c.turn(s[roomWeights], din[1])
		for i := range c.images * c.groups {
			g := i % c.groups
			c.weigh(&s, dout[i*c.inCh*c.image():], in[0][i*size:(i+1)*size], s[roomWeights][g*k:(g+1)*k], true)
		}
		c.turnBack(din[1], s[roomWeights])
	}
	if len(din) > 2 && din[2] != nil {
		for i := 0; i < len(dout); i += c.image() {
			din[2][i/c.image()%len(din[2])] += kernel.Sum(dout[i : i+c.image()])
		}
	}
}

// grown returns the shape of the result.
func (n *node[T]) grown(x, w []int, groups int) ([]int, error) {
	rank := len(x) - 2
	if a := n.Attr["auto_pad"].Text; a != "" && a != "NOTSET" && a != "VALID" {
		return nil, unsupportedf("auto_pad %q", a)
	}
	if _, ok := n.Attr["output_shape"]; ok {
		return nil, unsupportedf("a given shape of the output")
	}
	var arg [4][]int
	for i, name := range []string{"strides", "dilations", "output_padding", "pads"} {
		count, low := rank, 1
		if i == 3 {
			count = 2 * rank
		}
		if i > 1 {
			low = 0
		}
		var err error
		if arg[i], err = n.ints(name, count, low, low); err != nil {
			return nil, err
		}
	}
	shape := []int{x[0], w[1] * groups}
	for i := range rank {
		d := arg[0][i]*(x[2+i]-1) + arg[2][i] + (w[2+i]-1)*arg[1][i] + 1 - arg[3][i] - arg[3][rank+i]
		if x[2+i] < 1 || w[2+i] < 1 || w[2+i] > 1<<16 || d < 1 {
			return nil, invalidf("an output of %d", d)
		}
		shape = append(shape, d)
	}
	_, err := n.lim.count(shape)
	return shape, err
}
