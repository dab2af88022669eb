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

	direct bool           // the right operand is the image
	left   []T            // weights of the groups, packed; nil if they may change, and are input 1
	at     *kernel.Layout // of the right operand
	spots  *kernel.Layout // the same with a column for every position, if weights may change
	line   int            // columns of a line of the output, those between lines with it
	wide   int            // how far apart lines of the padded image are
	plane  int            // how far apart its channels are

	// The gradient is a product too. If it is shifted, it collects for every
	// pixel what the window made of it. Else it makes the gradient of all that
	// the window sees, which gatherUp adds to the pixels.
	shifted  bool
	leftBack []T
	atBack   *kernel.Layout
	lineBack int
	margin   int // zeros before a channel of the gradient of the output

	room [rooms]int // scratch space
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
	live := !w.constant() || len(in) > 2
	tmp, err := c.plan(n.lim, live)
	if err != nil {
		return nil, err
	}
	if !live {
		in = in[:1]
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
// they need; live says that weights may change.
func (c *convolution[T]) plan(lim *limits, live bool) (tmp int, err error) {
	k, elements := c.depth(), c.kernel[0]*c.kernel[1]
	c.direct = c.stride == [2]int{1, 1}
	c.line, c.lineBack = c.out[1], groups(c.in[1])
	if c.direct {
		c.line = groups(c.out[1])
		c.wide = c.in[1] + c.before[1] + c.after[1]
		c.plane = c.wide * (c.in[0] + c.before[0] + c.after[0])
	}
	c.margin = (c.kernel[0]-1)*c.dilation[0]*c.wide + (c.kernel[1]-1)*c.dilation[1]
	for _, s := range [][]int{ // before the sizes below can overflow
		{k + 6, lanes(c.area())},
		{elements, c.inCh, c.outCh},
		{c.outCh + 16, c.out[0] * c.line},
		{c.inCh + 6, c.plane + c.in[0]*c.lineBack},
		{c.outCh, c.margin + c.plane + c.area()},
		{c.groups, c.outCh + 6, k + 6},
		{c.groups, c.inCh + 6, c.outCh * elements},
	} {
		if _, err := lim.count(s); err != nil {
			return 0, err
		}
	}
	c.shifted = c.direct && 2*((c.inCh+5)/6*elements) <= 3*((k+5)/6) // what tiles of 6 rows cost
	places := c.depth() + c.outCh*elements + c.out[0]*c.line + c.in[0]*c.lineBack
	if _, err := lim.take([]int{2, places}); err != nil { // a place is as large as two numbers
		return 0, err
	}
	c.place(live)
	c.furnish(live)
	for _, l := range c.room {
		tmp += l
	}
	return tmp, nil
}

// groups rounds up to what must lie side by side for a product.
func groups(n int) int { return (n + kernel.Group - 1) / kernel.Group * kernel.Group }

// lanes rounds up to what a product computes together, and beyond where many
// rows of that length would fall into the same places of the cache.
func lanes(n int) int {
	n = (n + kernel.Lanes - 1) / kernel.Lanes
	if n >= 16 && n%4 == 0 {
		n++
	}
	return n * kernel.Lanes
}

// place works out where the right operands are.
func (c *convolution[T]) place(live bool) {
	var shifts []int // of the kernel elements
	for ky := range c.kernel[0] {
		for kx := range c.kernel[1] {
			shifts = append(shifts, ky*c.dilation[0]*c.wide+kx*c.dilation[1])
		}
	}
	rows := make([]int, c.depth())
	for row := range rows {
		rows[row] = row * lanes(c.area())
		if c.direct {
			rows[row] = row/len(shifts)*c.plane + shifts[row%len(shifts)]
		}
	}
	if live {
		spots := make([]int, c.area())
		for i := range spots {
			if spots[i] = i; c.direct {
				spots[i] = i/c.out[1]*c.wide + i%c.out[1]
			}
		}
		c.spots = kernel.NewLayout(rows, spots)
	}
	dense := columns(1, c.area(), 0)
	if c.at = kernel.NewLayout(rows, dense); c.direct {
		c.at = kernel.NewLayout(rows, columns(c.out[0], c.line, c.wide))
	}

	var rowsBack []int
	for ch := range c.outCh {
		if !c.shifted {
			rowsBack = append(rowsBack, ch*lanes(c.area()))
			continue
		}
		first := ch*(c.margin+c.plane) + c.margin + c.before[0]*c.wide + c.before[1]
		for _, s := range shifts {
			rowsBack = append(rowsBack, first-s)
		}
	}
	if c.atBack = kernel.NewLayout(rowsBack, dense); c.shifted {
		c.atBack = kernel.NewLayout(rowsBack, columns(c.in[0], c.lineBack, c.wide))
	}
}

// columns returns where groups of columns start: those of a number of lines,
// which are wide apart. There are some more, so that their number is what a
// product wants.
func columns(lines, line, wide int) []int {
	var cols []int
	for y := range lines {
		for x := 0; x < line; x += kernel.Group {
			cols = append(cols, y*wide+x)
		}
	}
	for len(cols)%(kernel.Lanes/kernel.Group) != 0 {
		cols = append(cols, 0)
	}
	return cols
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
	s := c.workshop(tmp)
	left, bias := c.left, c.bias
	if left == nil {
		left = s[roomLeft]
		c.packLeft(left, in[1])
	}
	if len(in) > 2 {
		bias = in[2]
	}
	l, size, span := len(left)/c.groups, c.outCh*c.area(), c.out[0]*c.line
	clear(s[roomSeen])
	for i := range c.images * c.groups {
		g, y := i%c.groups, out[i*size:(i+1)*size]
		c.look(s[roomSeen], in[0][i*c.inCh*c.image():])
		made := y
		if span != c.area() {
			made = s[roomMade]
		}
		kernel.MulRight(made, span, c.outCh, span, left[g*l:(g+1)*l], s[roomSeen], c.at, false)
		for ch := range c.outCh {
			to := y[ch*c.area() : (ch+1)*c.area()]
			if span != c.area() {
				kernel.CopyLines(to, c.out[1], made[ch*span:], c.line, c.out[0], c.out[1])
			}
			c.finish(to, bias, g*c.outCh+ch)
		}
	}
}

// look makes the right operand of an image. What is padding must be zero, and
// stays so.
func (c *convolution[T]) look(seen, x []T) {
	if c.direct {
		lay(seen[c.before[0]*c.wide+c.before[1]:], c.wide, c.plane, x, c.in, c.inCh)
	} else {
		spreadOut(c.window, seen, lanes(c.area()), x, c.inCh)
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

// lay copies channels images of a size so that lines are wide and images plane
// apart.
func lay[T kernel.Float](dst []T, wide, plane int, src []T, size [2]int, channels int) {
	for ch := range channels {
		kernel.CopyLines(dst[ch*plane:], wide, src[ch*size[0]*size[1]:], size[1], size[0], size[1])
	}
}
