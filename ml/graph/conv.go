package graph

import "quintain/ml/kernel"

// A convolution of groups of channels. Each group is a matrix product of its
// weights with what the window sees, one column for every position.
//
// If the window moves one pixel at a time, and the image is laid out with its
// padding, what one kernel element sees is the image itself, shifted. The right
// operand is then the padded image read from many places, and is never made.
// Else it is made row by row.
type convolution[T kernel.Float] struct {
	*window
	images, groups int
	inCh, outCh    int  // of one group
	bias           []T  // of all groups, or nil; or it is input 2
	bend           bool // Relu follows

	direct bool  // the right operand is the image
	left   []T   // weights of the groups, packed
	rows   []int // where the rows of the right operand start
	wide   int   // how far apart lines are
	plane  int   // how far apart channels of the padded image are
	span   int   // length of a row of the right operand and of the product
	seen   int   // scratch space for the right operand

	// Where weights may change they are input 1, and packed when they are used.
	live bool
	base int // scratch space before that for packed weights and their gradient

	// The gradient is a product too. If it is shifted, it collects for every
	// pixel what the window made of it. Else it makes the gradient of all that
	// the window sees, which gatherUp adds to the pixels.
	shifted  bool
	leftBack []T
	rowsBack []int
	margin   int // zeros before a channel of the gradient of the output
	spanBack int
	seenBack int
}

// depth returns the number of products in one element of the output.
func (c *convolution[T]) depth() int { return c.inCh * c.kernel[0] * c.kernel[1] }

func conv[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	w, err := n.learned(1)
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
	in := []*operand[T]{x, w}
	if in, c.bias, err = n.biased(in, w.shape[0]); err != nil {
		return nil, err
	}
	if err := n.lim.spend(c.images, w.shape[0], c.depth(), win.area()); err != nil {
		return nil, err
	}
	tmp, err := c.plan(n.lim)
	if err != nil {
		return nil, err
	}
	if c.live = !w.constant() || len(in) > 2; !c.live {
		in = in[:1]
	} else if tmp, err = c.room(n.lim, tmp); err != nil {
		return nil, err
	}
	if w.constant() {
		if err := c.packWeights(n, w.data); err != nil {
			return nil, err
		}
	}
	fn := c.function(tmp)
	fn.rectified = func() function[T] {
		bent := *c
		bent.bend = true
		return bent.function(tmp)
	}
	return one(win.shape(x.shape, w.shape[0]), fn, in...), nil
}

func (c *convolution[T]) function(tmp int) function[T] {
	return function[T]{forward: c.forward, backward: c.backward, squares: c.squares, tmp: tmp, partial: true}
}

// plan decides how the products are made, and returns the scratch space that
// they need.
func (c *convolution[T]) plan(lim *limits) (tmp int, err error) {
	k, elements := c.depth(), c.kernel[0]*c.kernel[1]
	c.direct = c.stride == [2]int{1, 1}
	c.wide = c.out[1]
	if c.direct {
		c.wide = c.in[1] + c.before[1] + c.after[1]
		c.plane = c.wide * (c.in[0] + c.before[0] + c.after[0])
	}
	c.span = lanes((c.out[0]-1)*c.wide + c.out[1])
	c.spanBack = lanes((c.in[0]-1)*c.wide + c.in[1])
	c.margin = (c.kernel[0]-1)*c.dilation[0]*c.wide + (c.kernel[1]-1)*c.dilation[1]
	for _, s := range [][]int{ // before the sizes below can overflow
		{k + 6, c.span},
		{elements, c.inCh, c.outCh},
		{c.outCh + 6, c.span},
		{c.inCh + 6, c.plane + c.spanBack},
		{c.outCh, c.margin + c.plane + c.span},
	} {
		if _, err := lim.count(s); err != nil {
			return 0, err
		}
	}
	c.shifted = c.direct && 2*kernel.LeftSize(c.inCh, c.outCh*elements) <= 3*kernel.LeftSize(k, c.outCh)
	c.place()
	c.seen = k * c.span
	if c.direct {
		c.seen = c.inCh*c.plane + 2*kernel.Lanes
	}
	c.seenBack = c.outCh * lanes(c.area())
	back := kernel.LeftSize(k, 1) * lanes(c.area())
	if c.shifted {
		c.seenBack = c.outCh*(c.margin+c.plane) + 2*kernel.Lanes
		back = kernel.LeftSize(c.inCh, 1) * c.spanBack
	}
	return max(c.seen+kernel.LeftSize(c.outCh, 1)*c.span, c.seenBack+max(back, c.outCh*c.area())), nil
}

// lanes rounds up to what a product computes together, and beyond where many
// rows of that length would fall into the same places of the cache.
func lanes(n int) int {
	n = (n + kernel.Lanes - 1) / kernel.Lanes
	if n >= 16 && n%4 == 0 {
		n++
	}
	return n * kernel.Lanes
}

// place works out where the rows of the right operands start.
func (c *convolution[T]) place() {
	var shifts []int // of the kernel elements
	for ky := range c.kernel[0] {
		for kx := range c.kernel[1] {
			shifts = append(shifts, ky*c.dilation[0]*c.wide+kx*c.dilation[1])
		}
	}
	for row := range c.depth() {
		at := row * c.span
		if c.direct {
			at = row/len(shifts)*c.plane + shifts[row%len(shifts)]
		}
		c.rows = append(c.rows, at)
	}
	for ch := range c.outCh {
		if !c.shifted {
			c.rowsBack = append(c.rowsBack, ch*lanes(c.area()))
			continue
		}
		first := ch*(c.margin+c.plane) + c.margin + c.before[0]*c.wide + c.before[1]
		for _, s := range shifts {
			c.rowsBack = append(c.rowsBack, first-s)
		}
	}
}

func (c *convolution[T]) packWeights(n *node[T], w []T) (err error) {
	k := c.depth()
	l := kernel.LeftSize(c.outCh, k)
	if c.left, err = n.pack("left", c.groups*l, func(dst []T) { c.packLeft(dst, w) }); err != nil {
		return err
	}
	c.leftBack, err = n.pack("leftBack", c.groups*c.backSize(), func(dst []T) {
		c.packBack(dst, w, make([]T, c.outCh*k))
	})
	return err
}

// packLeft packs the weights w for the product.
func (c *convolution[T]) packLeft(dst, w []T) {
	k := c.depth()
	l := kernel.LeftSize(c.outCh, k)
	for g := range c.groups {
		kernel.PackLeft(dst[g*l:(g+1)*l], w[g*c.outCh*k:], c.outCh, k, k, 1)
	}
}

// backSize returns the length of the weights of a group, packed for the
// gradient.
func (c *convolution[T]) backSize() int {
	if c.shifted {
		return kernel.LeftSize(c.inCh, c.outCh*c.kernel[0]*c.kernel[1])
	}
	return kernel.LeftSize(c.depth(), c.outCh)
}

// packBack packs the weights w for the gradient; turned is scratch space as
// long as those of a group.
func (c *convolution[T]) packBack(dst, w, turned []T) {
	k, elements, lb := c.depth(), c.kernel[0]*c.kernel[1], c.backSize()
	for g := range c.groups {
		from := w[g*c.outCh*k : (g+1)*c.outCh*k]
		if !c.shifted {
			kernel.PackLeft(dst[g*lb:(g+1)*lb], from, k, c.outCh, 1, k)
			continue
		}
		for o := range c.outCh {
			for i := range c.inCh { // a row for every channel of the input
				copy(turned[(i*c.outCh+o)*elements:], from[o*k+i*elements:o*k+(i+1)*elements])
			}
		}
		kernel.PackLeft(dst[g*lb:(g+1)*lb], turned, c.inCh, c.outCh*elements, c.outCh*elements, 1)
	}
}

func (c *convolution[T]) forward(in [][]T, out, tmp []T) {
	left, bias := c.left, c.bias
	if left == nil {
		left = tmp[c.base : c.base+c.groups*kernel.LeftSize(c.outCh, c.depth())]
		c.packLeft(left, in[1])
	}
	if len(in) > 2 {
		bias = in[2]
	}
	m, l := kernel.LeftSize(c.outCh, 1), len(left)/c.groups
	seen, made := tmp[:c.seen], tmp[c.seen:c.seen+m*c.span]
	for i := range c.images * c.groups {
		g, x := i%c.groups, in[0][i*c.inCh*c.image():]
		c.look(seen, x)
		kernel.MulRows(made, c.span, m, c.span, left[g*l:(g+1)*l], seen, c.rows, false)
		for ch := range c.outCh {
			c.finish(made[ch*c.span:(ch+1)*c.span], bias, g*c.outCh+ch)
			y := out[(i*c.outCh+ch)*c.area():]
			for line := range c.out[0] {
				copy(y[line*c.out[1]:(line+1)*c.out[1]], made[ch*c.span+line*c.wide:])
			}
		}
	}
}

// look makes the right operand of an image.
func (c *convolution[T]) look(seen, x []T) {
	if clear(seen); c.direct {
		lay(seen[c.before[0]*c.wide+c.before[1]:], c.wide, c.plane, x, c.in, c.inCh)
	} else {
		spreadOut(c.window, seen, c.span, x, c.inCh)
	}
}

// finish adds the bias of a channel, and bends.
func (c *convolution[T]) finish(made, bias []T, channel int) {
	var b T
	if bias != nil {
		b = bias[channel]
	}
	switch {
	case c.bend:
		kernel.Rectify(made, made, b)
	case bias != nil:
		for i := range made {
			made[i] += b
		}
	}
}

func (c *convolution[T]) backward(in [][]T, out, dout []T, din [][]T, tmp []T) {
	if len(din) > 1 {
		c.learn(in, out, dout, din, tmp)
	}
	if din[0] == nil {
		return
	}
	leftBack := c.leftBack
	if leftBack == nil {
		leftBack = tmp[c.base : c.base+c.groups*c.backSize()]
		c.packBack(leftBack, in[1], tmp[c.base+len(leftBack):])
	}
	l, size := len(leftBack)/c.groups, c.outCh*c.area()
	seen, made := tmp[:c.seenBack], tmp[c.seenBack:]
	for i := range c.images * c.groups {
		g, dx := i%c.groups, din[0][i*c.inCh*c.image():]
		dy := dout[i*size : (i+1)*size]
		if c.bend {
			gated := made[:size]
			clear(gated)
			kernel.Gate(gated, dy, out[i*size:(i+1)*size])
			dy = gated
		}
		left := leftBack[g*l : (g+1)*l]
		if !c.shifted {
			m, span := kernel.LeftSize(c.depth(), 1), lanes(c.area())
			lay(seen, c.area(), span, dy, [2]int{1, c.area()}, c.outCh)
			kernel.MulRows(made, span, m, span, left, seen, c.rowsBack, false)
			gatherUp(c.window, dx, made, span, c.inCh)
			continue
		}
		clear(seen)
		lay(seen[c.margin:], c.wide, c.margin+c.plane, dy, c.out, c.outCh)
		kernel.MulRows(made, c.spanBack, kernel.LeftSize(c.inCh, 1), c.spanBack, left, seen, c.rowsBack, false)
		for ch := range c.inCh {
			for line := range c.in[0] {
				from := made[ch*c.spanBack+line*c.wide:][:c.in[1]]
				to := dx[ch*c.image()+line*c.in[1]:][:len(from)]
				for k, v := range from {
					to[k] += v
				}
			}
		}
	}
}

// lay copies channels images of a size so that lines are wide and images plane
// apart.
func lay[T kernel.Float](dst []T, wide, plane int, src []T, size [2]int, channels int) {
	for ch := range channels {
		for line := range size[0] {
			copy(dst[ch*plane+line*wide:], src[(ch*size[0]+line)*size[1]:][:size[1]])
		}
	}
}
