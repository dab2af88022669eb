package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// The gradient of a convolution with respect to its weights.

// fixed reports whether o depends on weights only.
func (c *compiler[T]) fixed(o *operand[T]) bool {
	if o.slot <= len(c.prog.live) {
		return o.slot != 0
	}
	s := &c.prog.steps[o.slot-len(c.prog.live)-1] // every step makes one slot
	return !slices.ContainsFunc(s.in, func(in *operand[T]) bool { return !in.constant() && !c.fixed(in) })
}

// A workshop is scratch space for the gradient of one group of one image.
type workshop[T kernel.Float] struct {
	seen  []T // as forward has it
	gated []T // gradient of the output before it bends
	dy    []T // the same with the zeros between lines that seen has
	left  []T // dy, packed
	right []T // seen, packed the other way round
	dw    []T // gradient with respect to the weights
}

// lengths returns how long each slice of a workshop is.
func (c *convolution[T]) lengths() [6]int {
	return [...]int{
		c.seen, c.outCh * c.area(), c.outCh * c.span, kernel.LeftSize(c.outCh, c.reach()),
		kernel.RightSize(c.reach(), c.depth()), c.outCh * c.depth(),
	}
}

// reach returns how much of a row of the right operand matters.
func (c *convolution[T]) reach() int { return (c.out[0]-1)*c.wide + c.out[1] }

func (c *convolution[T]) workshop(tmp []T) workshop[T] {
	var s [6][]T
	tmp = tmp[c.base:]
	for i, l := range c.lengths() {
		s[i], tmp = tmp[:l], tmp[l:]
	}
	return workshop[T]{s[0], s[1], s[2], s[3], s[4], s[5]}
}

// room sets base, and returns the scratch space that is needed in all.
func (c *convolution[T]) room(lim *limits, base int) (tmp int, err error) {
	c.base = base
	k := c.depth()
	for _, s := range [][]int{{k + 16, c.span}, {c.outCh + 6, c.span}, {c.groups, c.outCh + 6, k + 6}} {
		if _, err := lim.count(s); err != nil {
			return 0, err
		}
	}
	shop := 0
	for _, l := range c.lengths() {
		shop += l
	}
	packs := max(c.groups*kernel.LeftSize(c.outCh, k), c.groups*c.backSize()+c.outCh*k)
	return base + max(shop, packs), nil
}

// learn adds the gradients with respect to weights and bias.
func (c *convolution[T]) learn(in [][]T, out, dout []T, din [][]T, tmp []T) {
	s := c.workshop(tmp)
	for i := range c.images * c.groups {
		g, dy := i%c.groups, c.ungate(s, out, dout, i)
		if din[1] != nil {
			k := c.outCh * c.depth()
			c.weigh(s, in[0][i*c.inCh*c.image():], dy, din[1][g*k:(g+1)*k], true)
		}
		if len(din) > 2 && din[2] != nil {
			for ch := range c.outCh {
				din[2][g*c.outCh+ch] += total(dy[ch*c.area() : (ch+1)*c.area()])
			}
		}
	}
}

// ungate returns the gradient of group i, counted over all images, before it
// bends.
func (c *convolution[T]) ungate(s workshop[T], out, dout []T, i int) []T {
	size := c.outCh * c.area()
	dy := dout[i*size : (i+1)*size]
	if !c.bend {
		return dy
	}
	clear(s.gated)
	kernel.Gate(s.gated, dy, out[i*size:(i+1)*size])
	return s.gated
}

// weigh sets dw to the gradient with respect to the weights of a group, where
// an image x has made an output with gradient dy; with add it adds.
func (c *convolution[T]) weigh(s workshop[T], x, dy, dw []T, add bool) {
	k := c.depth()
	c.look(s.seen, x)
	clear(s.dy)
	for ch := range c.outCh {
		lay(s.dy[ch*c.span:], c.wide, 0, dy[ch*c.area():], c.out, 1)
	}
	n := c.reach()
	kernel.PackLeft(s.left, s.dy, c.outCh, n, c.span, 1)
	kernel.PackColumns(s.right, s.seen, n, c.rows)
	kernel.Mul(dw, k, c.outCh, k, n, s.left, s.right, add)
}

// squares makes the gradient of every image.
func (c *convolution[T]) squares(in [][]T, out, dout []T, want []bool, sum []float64, tmp []T) {
	s := c.workshop(tmp)
	for i := range c.images * c.groups {
		dy, row := c.ungate(s, out, dout, i), i/c.groups
		if want[1] {
			c.weigh(s, in[0][i*c.inCh*c.image():], dy, s.dw, false)
			sum[row] += square(s.dw)
		}
		if len(want) > 2 && want[2] {
			for ch := range c.outCh {
				d := float64(total(dy[ch*c.area() : (ch+1)*c.area()]))
				sum[row] += d * d
			}
		}
	}
}

// total adds four sums, which the processor makes at the same time.
func total[T kernel.Float](x []T) T {
	var a, b, c, d T
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d = a+x[0], b+x[1], c+x[2], d+x[3]
	}
	for _, v := range x {
		a += v
	}
	return a + b + (c + d)
}

func square[T kernel.Float](x []T) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
