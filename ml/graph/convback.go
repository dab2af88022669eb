package graph

import "quintain/ml/kernel"

// The gradient of a convolution.

// The rooms of a workshop, scratch space for one group of one image.
const (
	roomSeen     = iota // the right operand
	roomMade            // a product, where it does not go to its place at once
	roomGated           // the gradient of the output before it bends
	roomBack            // that, as right operand
	roomDout            // that, packed the other way round
	roomWeights         // the gradient with respect to the weights of all groups, a row for what each sees
	roomLeft            // weights, packed
	roomLeftBack        // weights, packed for the gradient
	roomTurned          // weights of a group in the order of the gradient
	rooms
)

// furnish works out how large rooms are; live says that weights may change.
func (c *convolution[T]) furnish(live bool) {
	k, area := c.depth(), c.area()
	r := &c.room
	r[roomSeen] = k * lanes(area)
	if c.direct {
		r[roomSeen] = c.inCh*c.plane + kernel.Group
	}
	r[roomGated] = c.outCh * area
	r[roomBack] = c.outCh * lanes(area)
	r[roomMade] = k * lanes(area)
	if c.shifted {
		r[roomBack] = c.outCh*(c.margin+c.plane) + kernel.Group
		r[roomMade] = max(c.outCh*c.out[0]*c.line, c.inCh*c.in[0]*c.lineBack)
	} else if c.direct {
		r[roomMade] = max(r[roomMade], c.outCh*c.out[0]*c.line)
	}
	if live {
		r[roomDout] = kernel.RightSize(area, c.outCh)
		r[roomWeights] = c.groups * k * c.outCh
		r[roomLeft] = c.groups * kernel.LeftSize(c.outCh, k)
		r[roomLeftBack] = c.groups * c.backSize()
		r[roomTurned] = c.outCh * k
	}
}

// workshop divides scratch space into rooms.
func (c *convolution[T]) workshop(tmp []T) (s [rooms][]T) {
	for i, l := range c.room {
		s[i], tmp = tmp[:l:l], tmp[l:]
	}
	return s
}

func (c *convolution[T]) backward(in [][]T, out, dout []T, din [][]T, tmp []T) {
	s := c.workshop(tmp)
	learn := len(din) > 1 && din[1] != nil
	if learn {
		clear(s[roomSeen])
		c.turn(s[roomWeights], din[1])
	}
	leftBack := c.leftBack
	if din[0] != nil {
		clear(s[roomBack])
		if leftBack == nil {
			leftBack = s[roomLeftBack]
			c.packBack(leftBack, in[1], s[roomTurned])
		}
	}
	l, k, image := len(leftBack)/c.groups, c.outCh*c.depth(), c.inCh*c.image()
	for i := range c.images * c.groups {
		g, dy := i%c.groups, c.ungate(&s, out, dout, i)
		if learn {
			c.weigh(&s, in[0][i*image:], dy, s[roomWeights][g*k:(g+1)*k], true)
		}
		if len(din) > 2 && din[2] != nil {
			for ch := range c.outCh {
				din[2][g*c.outCh+ch] += kernel.Sum(dy[ch*c.area() : (ch+1)*c.area()])
			}
		}
		if din[0] != nil {
			c.pull(&s, dy, leftBack[g*l:(g+1)*l], din[0][i*image:(i+1)*image])
		}
	}
	if learn {
		c.turnBack(din[1], s[roomWeights])
	}
}

// ungate returns the gradient of group i, counted over all images, before it
// bends.
func (c *convolution[T]) ungate(s *[rooms][]T, out, dout []T, i int) []T {
	size := c.outCh * c.area()
	dy := dout[i*size : (i+1)*size]
	if !c.bend {
		return dy
	}
	kernel.Mask(s[roomGated], dy, out[i*size:(i+1)*size])
	return s[roomGated]
}

// pull adds the gradient with respect to an image to dx, where that with respect
// to what it has made is dy.
func (c *convolution[T]) pull(s *[rooms][]T, dy, left, dx []T) {
	right, made := s[roomBack], s[roomMade]
	if !c.shifted {
		span := lanes(c.area())
		kernel.CopyLines(right, span, dy, c.area(), c.outCh, c.area())
		kernel.MulRight(made, span, c.depth(), c.area(), left, right, c.atBack, false)
		gatherUp(c.window, dx, made, span, c.inCh)
		return
	}
	lay(right[c.margin:], c.wide, c.margin+c.plane, dy, c.out, c.outCh)
	span := c.in[0] * c.lineBack
	if span == c.image() {
		kernel.MulRight(dx, span, c.inCh, span, left, right, c.atBack, true)
		return
	}
	kernel.MulRight(made, span, c.inCh, span, left, right, c.atBack, false)
	kernel.AddLines(dx, c.in[1], made, c.lineBack, c.inCh*c.in[0], c.in[1])
}

// weigh sets dw to the gradient with respect to the weights of a group, where
// an image x has made an output with gradient dy; with add it adds. A row of dw
// belongs to what one kernel element sees: so it is what the window sees that
// is read from where it is, and the smaller gradient that is packed.
func (c *convolution[T]) weigh(s *[rooms][]T, x, dy, dw []T, add bool) {
	c.look(s[roomSeen], x)
	kernel.PackRight(s[roomDout], dy, c.area(), c.outCh, 1, c.area())
	kernel.MulLeft(dw, c.outCh, c.outCh, s[roomSeen], c.spots, s[roomDout], add)
}

// turn lays the weights of all groups out as weigh has them.
func (c *convolution[T]) turn(dst, w []T) {
	k := c.depth()
	for ; len(w) > 0; dst, w = dst[c.outCh*k:], w[c.outCh*k:] {
		for o := range c.outCh {
			for r, v := range w[o*k : (o+1)*k] {
				dst[r*c.outCh+o] = v
			}
		}
	}
}

// turnBack undoes turn.
func (c *convolution[T]) turnBack(w, src []T) {
	k := c.depth()
	for ; len(w) > 0; src, w = src[c.outCh*k:], w[c.outCh*k:] {
		for o := range c.outCh {
			for r := range k {
				w[o*k+r] = src[r*c.outCh+o]
			}
		}
	}
}

// squares makes the gradient of every image.
func (c *convolution[T]) squares(in [][]T, out, dout []T, want []bool, sum []float64, tmp []T) {
	s := c.workshop(tmp)
	clear(s[roomSeen])
	dw := s[roomWeights][:min(c.outCh*c.depth(), len(s[roomWeights]))]
	for i := range c.images * c.groups {
		dy, row := c.ungate(&s, out, dout, i), i/c.groups
		if want[1] {
			c.weigh(&s, in[0][i*c.inCh*c.image():], dy, dw, false)
			sum[row] += kernel.Square(dw)
		}
		if len(want) > 2 && want[2] {
			for ch := range c.outCh {
				d := float64(kernel.Sum(dy[ch*c.area() : (ch+1)*c.area()]))
				sum[row] += d * d
			}
		}
	}
}
