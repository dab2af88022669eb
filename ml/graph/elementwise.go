package graph

import (
	"math"
	"slices"

	"quintain/ml/kernel"
)

// pointwise applies c to every number of input 0.
func pointwise[T kernel.Float](n *node[T], c curve[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	return one(x.shape, c.function(), x), nil
}

func (c curve[T]) function() function[T] {
	return function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i, x := range in[0] {
				out[i] = c.value(x)
			}
		},
		backward: func(in [][]T, out, dout []T, din [][]T, _ []T) {
			for i, x := range in[0] {
				din[0][i] += dout[i] * c.slope(x, out[i])
			}
		},
	}
}

func unary[T kernel.Float](c func() curve[T]) builder[T] {
	return func(n *node[T]) ([]result[T], error) { return pointwise(n, c()) }
}

// leaky is Relu, whose slope for negative numbers is 0, and LeakyRelu, which
// has an attribute for it. At zero the slope is that of negative numbers.
func leaky[T kernel.Float](def float32) builder[T] {
	return func(n *node[T]) ([]result[T], error) {
		x, err := n.floats(0)
		if err != nil {
			return nil, err
		}
		var alpha T
		if def != 0 {
			alpha = n.float("alpha", def)
		}
		return one(x.shape, function[T]{
			forward: func(in [][]T, out, _ []T) {
				if alpha == 0 {
					kernel.Rectify(out, in[0], 0)
					return
				}
				for i, x := range in[0] {
					if x <= 0 {
						x *= alpha
					}
					out[i] = x
				}
			},
			backward: func(in [][]T, _, dout []T, din [][]T, _ []T) {
				dx, dout := din[0], dout[:len(din[0])]
				if alpha == 0 {
					kernel.Gate(dx, dout, in[0])
					return
				}
				for i, x := range in[0][:len(dx)] {
					d := dout[i]
					if x <= 0 {
						d *= alpha
					}
					dx[i] += d
				}
			},
		}, x), nil
	}
}

// An arithmetic is a function of two numbers: its value, and the gradient
// with respect to a and b where it has value y and the result has gradient d.
type arithmetic[T kernel.Float] struct {
	value func(a, b T) T
	da    func(a, b, y, d T) T
	db    func(a, b, y, d T) T
	ints  func(a, b int64) int64
}

func addition[T kernel.Float]() arithmetic[T] {
	return arithmetic[T]{
		func(a, b T) T { return a + b },
		func(_, _, _, d T) T { return d },
		func(_, _, _, d T) T { return d },
		func(a, b int64) int64 { return a + b },
	}
}

func subtraction[T kernel.Float]() arithmetic[T] {
	return arithmetic[T]{
		func(a, b T) T { return a - b },
		func(_, _, _, d T) T { return d },
		func(_, _, _, d T) T { return -d },
		func(a, b int64) int64 { return a - b },
	}
}

func multiplication[T kernel.Float]() arithmetic[T] {
	return arithmetic[T]{
		func(a, b T) T { return a * b },
		func(_, b, _, d T) T { return d * b },
		func(a, _, _, d T) T { return d * a },
		func(a, b int64) int64 { return a * b },
	}
}

func division[T kernel.Float]() arithmetic[T] {
	return arithmetic[T]{
		func(a, b T) T { return a / b },
		func(_, b, _, d T) T { return d / b },
		func(_, b, y, d T) T { return -d * y / b },
		func(a, b int64) int64 {
			if b == 0 {
				return 0
			}
			return a / b
		},
	}
}

// power raises to a power. The common powers are exact; a gradient with
// respect to the power itself is not given, so it has to be constant.
func power[T kernel.Float](n *node[T]) ([]result[T], error) {
	if n.has(1) && n.in[1].isInt {
		f := &operand[T]{shape: n.in[1].shape, slot: -1}
		for _, v := range n.in[1].ints {
			f.data = append(f.data, T(v))
		}
		n.in[1] = f
	}
	if _, err := n.weights(1); err != nil {
		return nil, err
	}
	pow := func(a, b T) T {
		switch b {
		case 1:
			return a
		case 2:
			return a * a
		}
		return T(math.Pow(float64(a), float64(b)))
	}
	return binary(arithmetic[T]{
		value: pow,
		da:    func(a, b, _, d T) T { return d * b * pow(a, b-1) },
		db:    func(_, _, _, _ T) T { return 0 },
	})(n)
}

// binary applies a to the numbers of two inputs, or to integers that are both
// known.
func binary[T kernel.Float](a arithmetic[T]) builder[T] {
	return func(n *node[T]) ([]result[T], error) {
		p, err := n.any(0)
		if err != nil {
			return nil, err
		}
		q, err := n.any(1)
		if err != nil {
			return nil, err
		}
		r, err := n.combine(a, p, q)
		return []result[T]{r}, err
	}
}

// combine applies a to p and q, stretching them to a common shape.
func (n *node[T]) combine(a arithmetic[T], p, q *operand[T]) (result[T], error) {
	shape, err := broadcast(p.shape, q.shape)
	if err != nil {
		return result[T]{}, err
	}
	pi, err := n.spread(p.shape, shape)
	if err != nil {
		return result[T]{}, err
	}
	qi, err := n.spread(q.shape, shape)
	if err != nil {
		return result[T]{}, err
	}
	switch {
	case p.isInt && q.isInt && a.ints != nil:
		return foldInts(n, shape, p, q, pi, qi, a.ints)
	case p.isInt || q.isInt:
		return result[T]{}, unsupportedf("arithmetic on integers")
	}
	return result[T]{shape: shape, fn: a.function(pi, qi), in: []*operand[T]{p, q}}, nil
}

func foldInts[T kernel.Float](n *node[T], shape []int, p, q *operand[T], pi, qi []int32, f func(a, b int64) int64) (result[T], error) {
	count, err := n.lim.take(shape)
	if err != nil {
		return result[T]{}, err
	}
	out := make([]int64, count)
	for i := range out {
		out[i] = f(p.ints[at(pi, i)], q.ints[at(qi, i)])
	}
	return result[T]{shape: shape, ints: out}, nil
}

// at returns element i of the index idx; no index is the identity.
func at(idx []int32, i int) int {
	if idx == nil {
		return i
	}
	return int(idx[i])
}

func (a arithmetic[T]) function(pi, qi []int32) function[T] {
	return function[T]{
		partial: true,
		forward: func(in [][]T, out, _ []T) {
			p, q := in[0], in[1]
			for i := range out {
				out[i] = a.value(p[at(pi, i)], q[at(qi, i)])
			}
		},
		backward: func(in [][]T, out, dout []T, din [][]T, _ []T) {
			p, q := in[0], in[1]
			for i, d := range dout {
				pk, qk := at(pi, i), at(qi, i)
				if din[0] != nil {
					din[0][pk] += a.da(p[pk], q[qk], out[i], d)
				}
				if din[1] != nil {
					din[1][qk] += a.db(p[pk], q[qk], out[i], d)
				}
			}
		},
	}
}

// broadcast returns the shape to which p and q stretch.
func broadcast(p, q []int) ([]int, error) {
	out := make([]int, max(len(p), len(q)))
	for i := range out {
		a, b := 1, 1
		if k := i - len(out) + len(p); k >= 0 {
			a = p[k]
		}
		if k := i - len(out) + len(q); k >= 0 {
			b = q[k]
		}
		switch {
		case a == b || b == 1:
			out[i] = a
		case a == 1:
			out[i] = b
		default:
			return nil, invalidf("shapes %v and %v do not go together", p, q)
		}
	}
	return out, nil
}

// spread returns for every element of a value of shape to which element of a
// value of shape from it is stretched from; nil if there is nothing to stretch.
func (n *node[T]) spread(from, to []int) ([]int32, error) {
	if slices.Equal(from, to) {
		return nil, nil
	}
	strides := make([]int, len(to))
	for i, s := len(from)-1, 1; i >= 0; i-- {
		if from[i] != 1 {
			strides[i+len(to)-len(from)] = s
		}
		s *= from[i]
	}
	return n.walk(to, strides, 0)
}

// walk returns, for every element of a value of the given shape, base plus the
// product of its position with strides.
func (n *node[T]) walk(shape, strides []int, base int) ([]int32, error) {
	count, err := n.lim.take(shape)
	if err != nil {
		return nil, err
	}
	idx := make([]int32, count)
	pos := make([]int, len(shape))
	for i, at := 0, base; i < count; i++ {
		idx[i] = int32(at)
		for k := len(shape) - 1; k >= 0; k-- {
			pos[k]++
			at += strides[k]
			if pos[k] < shape[k] {
				break
			}
			at -= pos[k] * strides[k]
			pos[k] = 0
		}
	}
	return idx, nil
}
