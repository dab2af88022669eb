package graph

import "quintain/ml/kernel"

// A convolution of groups of channels, each a matrix product with what the
// window sees.
type convolution[T kernel.Float] struct {
	*window
	images, groups int
	inCh, outCh    int // of one group
	left, leftT    []T // the weights of the groups, packed, and transposed for the gradient
	bias           []T // of all groups, or nil
}

// depth returns the number of products in one element of the output.
func (c *convolution[T]) depth() int { return c.inCh * c.kernel[0] * c.kernel[1] }

func conv[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	w, err := n.weights(1)
	if err != nil {
		return nil, err
	}
	if len(w.shape) != len(x.shape) || len(w.shape) < 3 {
		return nil, unsupportedf("weights of shape %v for an input of shape %v", w.shape, x.shape)
	}
	win, err := n.window(x.shape, w.shape[2:])
	if err != nil {
		return nil, err
	}
	groups := n.int("group", 1)
	if groups < 1 || w.shape[0] < 1 || w.shape[0]%groups != 0 || w.shape[1] < 1 || x.shape[1] != w.shape[1]*groups {
		return nil, invalidf("weights of shape %v in %d groups for an input of shape %v", w.shape, groups, x.shape)
	}
	c := &convolution[T]{window: win, images: x.shape[0], groups: groups, inCh: w.shape[1], outCh: w.shape[0] / groups}
	if n.has(2) {
		b, err := n.weights(2)
		if err != nil {
			return nil, err
		}
		if c.bias = b.data; len(c.bias) != w.shape[0] {
			return nil, invalidf("%d biases for %d channels", len(c.bias), w.shape[0])
		}
	}
	if err := n.lim.spend(c.images, w.shape[0], c.depth(), win.area()); err != nil {
		return nil, err
	}
	if err := c.packWeights(n, w.data); err != nil {
		return nil, err
	}
	k, p := c.depth(), win.area()
	for _, s := range [][]int{{k, p + kernel.Lanes}, {c.outCh, p + kernel.Lanes}} { // before the sizes below can overflow
		if _, err := n.lim.take(s); err != nil {
			return nil, err
		}
	}
	fn := function[T]{
		forward: c.forward, backward: c.backward,
		tmp: max(kernel.RightSize(k, p), kernel.RightSize(c.outCh, p)+k*p),
	}
	return one(win.shape(x.shape, w.shape[0]), fn, x), nil
}

func (c *convolution[T]) packWeights(n *node[T], w []T) (err error) {
	k := c.depth()
	l, lt := kernel.LeftSize(c.outCh, k), kernel.LeftSize(k, c.outCh)
	if c.left, err = n.pack("left", c.groups*l, func(dst []T) {
		for g := range c.groups {
			kernel.PackLeft(dst[g*l:(g+1)*l], w[g*c.outCh*k:], c.outCh, k, k, 1)
		}
	}); err != nil {
		return err
	}
	c.leftT, err = n.pack("leftT", c.groups*lt, func(dst []T) {
		for g := range c.groups {
			kernel.PackLeft(dst[g*lt:(g+1)*lt], w[g*c.outCh*k:], k, c.outCh, 1, k)
		}
	})
	return err
}

func (c *convolution[T]) forward(in [][]T, out, tmp []T) {
	k, p := c.depth(), c.area()
	l := kernel.LeftSize(c.outCh, k)
	cols := tmp[:kernel.RightSize(k, p)]
	for i := range c.images * c.groups {
		g := i % c.groups
		spreadOut(c.window, cols, in[0][i*c.inCh*c.image():], c.inCh)
		y := out[i*c.outCh*p : (i+1)*c.outCh*p]
		if c.bias != nil {
			for ch, b := range c.bias[g*c.outCh : (g+1)*c.outCh] {
				fill(y[ch*p:(ch+1)*p], b)
			}
		}
		kernel.Mul(y, p, c.outCh, p, k, c.left[g*l:(g+1)*l], cols, c.bias != nil)
	}
}

func (c *convolution[T]) backward(_ [][]T, _, dout []T, din [][]T, tmp []T) {
	k, p := c.depth(), c.area()
	l := kernel.LeftSize(k, c.outCh)
	right := tmp[:kernel.RightSize(c.outCh, p)]
	cols := tmp[len(right) : len(right)+k*p]
	for i := range c.images * c.groups {
		g := i % c.groups
		kernel.PackRight(right, dout[i*c.outCh*p:], c.outCh, p, p, 1)
		kernel.Mul(cols, p, k, p, c.outCh, c.leftT[g*l:(g+1)*l], right, false)
		gatherUp(c.window, din[0][i*c.inCh*c.image():], cols, c.inCh)
	}
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
