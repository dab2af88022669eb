package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// A product is count matrix products of m×k and k×n.
type product[T kernel.Float] struct {
	count, m, n, k int

	// If the right operand is constant, there is one for all: packed for the
	// product, and transposed for the gradient. Else both are nil.
	right, rightT []T

	turned bool // the right operand is given transposed

	// Where the left operands of the product and of its gradients are.
	at, atA, atB *kernel.Layout

	bias []T  // of length n, or nil
	live bool // the bias is input 2
}

// gemm is alpha·A·B + beta·C, with A and B transposed if attributes say so.
func gemm[T kernel.Float](n *node[T]) ([]result[T], error) {
	a, err := n.matrix(0, n.int("transA", 0) != 0)
	if err != nil {
		return nil, err
	}
	if alpha := n.float("alpha", 1); alpha != 1 {
		if a, err = n.scaled(a, alpha); err != nil {
			return nil, err
		}
	}
	p := product[T]{count: 1}
	p.turned = n.int("transB", 0) != 0 && n.has(1) && !n.in[1].isInt && !n.in[1].constant()
	b, err := n.matrix(1, n.int("transB", 0) != 0 && !p.turned)
	if err != nil {
		return nil, err
	}
	if p.turned {
		turned := *b
		turned.shape = []int{b.shape[1], b.shape[0]}
		b = &turned
	}
	if !n.has(2) {
		return n.multiply(&p, a, b, []int{a.shape[0], b.shape[1]})
	}
	c, err := n.floats(2)
	if err != nil {
		return nil, err
	}
	if beta := n.float("beta", 1); beta != 1 {
		if c, err = n.scaled(c, beta); err != nil {
			return nil, err
		}
	}
	cols := b.shape[1]
	if width := size(c.shape); !c.isInt && width == cols && (len(c.shape) == 0 || c.shape[len(c.shape)-1] == cols) {
		if c.constant() {
			p.bias = c.data
			return n.multiply(&p, a, b, []int{a.shape[0], cols})
		}
		p.live = true
		return n.multiply(&p, a, b, []int{a.shape[0], cols}, c)
	}
	rs, err := n.multiply(&p, a, b, []int{a.shape[0], cols})
	if err != nil {
		return nil, err
	}
	y, err := n.c.keep(&rs[0])
	if err != nil {
		return nil, err
	}
	sum, err := n.combine(addition[T](), y, c)
	if err == nil && !slices.Equal(sum.shape, y.shape) {
		err = invalidf("input 2 has shape %v", c.shape)
	}
	return []result[T]{sum}, err
}

// matrix returns input i, which must be a matrix, transposed if asked.
func (n *node[T]) matrix(i int, turned bool) (*operand[T], error) {
	o, err := n.floats(i)
	if err != nil {
		return nil, err
	}
	if len(o.shape) != 2 {
		return nil, invalidf("input %d has shape %v, want a matrix", i, o.shape)
	}
	if !turned {
		return o, nil
	}
	r, err := n.permute(o, []int{1, 0})
	if err != nil {
		return nil, err
	}
	return n.c.keep(&r)
}

func (n *node[T]) scaled(o *operand[T], by T) (*operand[T], error) {
	r, err := n.combine(multiplication[T](), o, &operand[T]{data: []T{by}, slot: -1})
	if err != nil {
		return nil, err
	}
	return n.c.keep(&r)
}

// matMul multiplies the matrices in the last two dimensions.
func matMul[T kernel.Float](n *node[T]) ([]result[T], error) {
	a, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	b, err := n.floats(1)
	if err != nil {
		return nil, err
	}
	if len(a.shape) < 2 || len(b.shape) < 2 {
		return nil, unsupportedf("shapes %v and %v", a.shape, b.shape)
	}
	ra, rb := len(a.shape)-2, len(b.shape)-2
	if rb == 0 { // all matrices of a are one tall matrix
		tall := *a
		tall.shape = []int{size(a.shape[:ra+1]), a.shape[ra+1]}
		return n.multiply(&product[T]{count: 1}, &tall, b, append(slices.Clone(a.shape[:ra+1]), b.shape[1]))
	}
	batch, err := broadcast(a.shape[:ra], b.shape[:rb])
	if err != nil {
		return nil, err
	}
	if a, err = n.stretch(a, append(slices.Clone(batch), a.shape[ra:]...)); err != nil {
		return nil, err
	}
	if b, err = n.stretch(b, append(slices.Clone(batch), b.shape[rb:]...)); err != nil {
		return nil, err
	}
	r := len(batch)
	return n.multiply(&product[T]{count: size(batch)}, a, b, append(batch, a.shape[r], b.shape[r+1]))
}

// stretch repeats o to the given shape.
func (n *node[T]) stretch(o *operand[T], shape []int) (*operand[T], error) {
	idx, err := n.spread(o.shape, shape)
	if err != nil {
		return nil, err
	}
	r := n.view(o, shape, idx, 0)
	return n.c.keep(&r)
}

// multiply multiplies the matrices in the last two dimensions of a and b, of
// which there are equally many.
// More is the bias, if p says that it is an input.
func (n *node[T]) multiply(p *product[T], a, b *operand[T], shape []int, more ...*operand[T]) ([]result[T], error) {
	p.m, p.k, p.n = a.shape[len(a.shape)-2], a.shape[len(a.shape)-1], b.shape[len(b.shape)-1]
	if b.shape[len(b.shape)-2] != p.k {
		return nil, invalidf("shapes %v and %v do not go together", a.shape, b.shape)
	}
	if err := n.lim.spend(p.count, p.m, p.k, p.n); err != nil {
		return nil, err
	}
	if err := p.place(n.lim, b.constant() && p.count == 1); err != nil {
		return nil, err
	}
	fn := function[T]{forward: p.forward, backward: p.backward, partial: true}
	if p.count == 1 && p.m == n.c.prog.rows {
		fn.squares = p.squares
	}
	if b.constant() && p.count == 1 {
		var err error
		p.right, err = n.pack("right", kernel.RightSize(p.k, p.n), func(dst []T) {
			kernel.PackRight(dst, b.data, p.k, p.n, p.n, 1)
		})
		if err != nil {
			return nil, err
		}
		p.rightT, err = n.pack("rightT", kernel.RightSize(p.n, p.k), func(dst []T) {
			kernel.PackRight(dst, b.data, p.n, p.k, 1, p.n)
		})
		if err != nil {
			return nil, err
		}
	} else {
		fn.tmp = max(kernel.RightSize(p.k, p.n), kernel.RightSize(p.n, p.k), kernel.RightSize(p.m, max(p.n, p.k)))
	}
	return one(shape, fn, append([]*operand[T]{a, b}, more...)...), nil
}

// place works out where left operands are; constant says that the right one of
// the product has no gradient.
func (p *product[T]) place(lim *limits, constant bool) error {
	if _, err := lim.take([]int{2, 3*p.m + 2*p.k + 2*p.n}); err != nil { // a place is as large as two numbers
		return err
	}
	p.at, p.atA = kernel.Grid(p.m, p.k, p.k, 1), kernel.Grid(p.m, p.n, p.n, 1)
	switch {
	case constant:
	case p.turned:
		p.atB = kernel.Grid(p.n, p.m, 1, p.n)
	default:
		p.atB = kernel.Grid(p.k, p.m, 1, p.k)
	}
	return nil
}

// pack returns what fill makes of the weights, input 1 or an attribute. If they
// are in the file, it is made once for all programs of a model; use tells the packed forms
// of one node apart.
func (n *node[T]) pack(use string, size int, fill func(dst []T)) ([]T, error) {
	key := n.Outputs[0] + "\x00" + n.use + use
	if p, ok := n.c.packed[key]; ok {
		return p, nil
	}
	if _, err := n.lim.take([]int{size}); err != nil {
		return nil, err
	}
	p := make([]T, size)
	fill(p)
	known := len(n.Inputs) < 2 // in an attribute
	if !known {
		_, known = n.c.g.Const[n.Inputs[1]]
	}
	if known && n.c.packed != nil {
		n.c.packed[key] = p
	}
	return p, nil
}

func (p *product[T]) forward(in [][]T, out, tmp []T) {
	for i := range p.count {
		y := out[i*p.m*p.n : (i+1)*p.m*p.n]
		right := p.right
		if right == nil {
			right = tmp
			rs, cs := p.apart()
			kernel.PackRight(right, in[1][i*p.k*p.n:], p.k, p.n, rs, cs)
		}
		bias := p.bias
		if p.live {
			bias = in[2]
		}
		if bias != nil {
			for r := range p.m {
				copy(y[r*p.n:], bias)
			}
		}
		kernel.MulLeft(y, p.n, p.n, in[0][i*p.m*p.k:], p.at, right, bias != nil)
	}
}

// apart returns how far apart rows and columns of the right operand are.
func (p *product[T]) apart() (rs, cs int) {
	if p.turned {
		return 1, p.k
	}
	return p.n, 1
}

// squares uses that the gradient of one row is the product of a column and a
// row, whose length is the product of their lengths (Goodfellow 2015).
func (p *product[T]) squares(in [][]T, _, dout []T, want []bool, sum []float64, _ []T) {
	for r := range p.m {
		d := kernel.Square(dout[r*p.n : (r+1)*p.n])
		if want[1] {
			sum[r] += kernel.Square(in[0][r*p.k:(r+1)*p.k]) * d
		}
		if p.live && want[2] {
			sum[r] += d
		}
	}
}

func (p *product[T]) backward(in [][]T, _, dout []T, din [][]T, tmp []T) {
	for i := range p.count {
		dy := dout[i*p.m*p.n:]
		if din[0] != nil { // dA = dY·Bᵀ
			right := p.rightT
			if right == nil {
				right = tmp
				rs, cs := p.apart()
				kernel.PackRight(right, in[1][i*p.k*p.n:], p.n, p.k, cs, rs)
			}
			kernel.MulLeft(din[0][i*p.m*p.k:], p.k, p.k, dy, p.atA, right, true)
		}
		if p.live && din[2] != nil {
			for r := range p.m {
				kernel.Add(din[2], dy[r*p.n:(r+1)*p.n])
			}
		}
		switch {
		case din[1] == nil:
		case p.turned: // dBᵀ = dYᵀ·A
			kernel.PackRight(tmp, in[0][i*p.m*p.k:], p.m, p.k, p.k, 1)
			kernel.MulLeft(din[1][i*p.k*p.n:], p.k, p.k, dy, p.atB, tmp, true)
		default: // dB = Aᵀ·dY
			kernel.PackRight(tmp, dy, p.m, p.n, p.n, 1)
			kernel.MulLeft(din[1][i*p.k*p.n:], p.n, p.n, in[0][i*p.m*p.k:], p.atB, tmp, true)
		}
	}
}
