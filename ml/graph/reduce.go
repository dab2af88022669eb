package graph

import (
	"math"

	"quintain/ml/kernel"
)

func reduceMean[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, n.mean) }

func reduceSum[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, n.total) }

func reduceMax[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, n.top) }

func reduceMin[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, n.bottom) }

// A reducer makes the function that makes element idx[i] of the result from
// the elements i of its input; count go into one, and the result has n.
type reducer[T kernel.Float] func(idx []int32, count, n int) function[T]

// reduction reduces along the axes that the node names, or along all.
func reduction[T kernel.Float](n *node[T], f reducer[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	list, _, err := n.list("axes", 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 && n.int("noop_with_empty_axes", 0) != 0 {
		return []result[T]{{shape: x.shape, same: x}}, nil
	}
	set, err := axes(list, len(x.shape))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		fill(set, true)
	}
	return n.reduce(x, set, n.int("keepdims", 1) != 0, f)
}

// reduce reduces along the dimensions in set.
func (n *node[T]) reduce(x *operand[T], set []bool, keep bool, f reducer[T]) ([]result[T], error) {
	var shape []int
	strides := make([]int, len(set))
	count := 1
	for i, s := len(set)-1, 1; i >= 0; i-- {
		if set[i] {
			count *= x.shape[i]
			continue
		}
		strides[i] = s
		s *= x.shape[i]
	}
	for i, d := range x.shape {
		switch {
		case !set[i]:
			shape = append(shape, d)
		case keep:
			shape = append(shape, 1)
		}
	}
	idx, err := n.walk(x.shape, strides, 0)
	if err != nil {
		return nil, err
	}
	if _, err := n.lim.count(shape); err != nil {
		return nil, err
	}
	return one(shape, f(idx, count, size(shape)), x), nil
}

func (n *node[T]) mean(idx []int32, count, _ int) function[T] {
	return weighted(idx, 1/T(max(count, 1)))
}

func (n *node[T]) total(idx []int32, _, _ int) function[T] { return weighted[T](idx, 1) }

// weighted sums up, each number share times.
func weighted[T kernel.Float](idx []int32, share T) function[T] {
	return function[T]{
		forward: func(in [][]T, out, _ []T) {
			clear(out)
			for i, v := range in[0] {
				out[idx[i]] += v
			}
			for i := range out {
				out[i] *= share
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i := range din[0] {
				din[0][i] += dout[idx[i]] * share
			}
		},
	}
}

func (n *node[T]) top(idx []int32, _, count int) function[T] { return outermost[T](idx, 1, count) }

func (n *node[T]) bottom(idx []int32, _, count int) function[T] { return outermost[T](idx, -1, count) }

// outermost takes the largest numbers, or with sign -1 the smallest. Of equals
// the first gets the gradient.
func outermost[T kernel.Float](idx []int32, sign T, count int) function[T] {
	return function[T]{
		forward: func(in [][]T, out, _ []T) {
			fill(out, -sign*T(math.Inf(1)))
			for i, v := range in[0] {
				if k := idx[i]; sign*v > sign*out[k] || v != v { // what is no number differs from itself
					out[k] = v
				}
			}
		},
		backward: func(in [][]T, out, dout []T, din [][]T, tmp []T) {
			left := tmp[:count] // of the gradient
			copy(left, dout)
			for i, v := range in[0] {
				if k := idx[i]; v == out[k] {
					din[0][i] += left[k]
					left[k] = 0
				}
			}
		},
		tmp: count,
	}
}
