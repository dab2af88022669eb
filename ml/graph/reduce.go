package graph

import "quintain/ml/kernel"

func reduceMean[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, true) }

func reduceSum[T kernel.Float](n *node[T]) ([]result[T], error) { return reduction(n, false) }

func reduction[T kernel.Float](n *node[T], mean bool) ([]result[T], error) {
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
	return n.reduce(x, set, n.int("keepdims", 1) != 0, mean)
}

// reduce sums over the dimensions in set, or takes the mean.
func (n *node[T]) reduce(x *operand[T], set []bool, keep, mean bool) ([]result[T], error) {
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
	share := T(1)
	if mean {
		share = 1 / T(max(count, 1))
	}
	return one(shape, function[T]{
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
	}, x), nil
}
