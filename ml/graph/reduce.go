package graph

import (
	"math"

	"quintain/ml/kernel"
)

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

// lines are what softmax works on: inner numbers apart, count in a line.
type lines struct{ count, inner int }

// lines returns the lines of softmax. Before version 13 of the operators all
// dimensions from the axis on made one line.
func (n *node[T]) lines(x *operand[T]) (lines, error) {
	def := -1
	if n.opset < 13 {
		def = 1
	}
	a, err := axis(n.int("axis", def), len(x.shape))
	if err != nil {
		return lines{}, err
	}
	if n.opset < 13 {
		return lines{size(x.shape[a:]), 1}, nil
	}
	return lines{x.shape[a], size(x.shape[a+1:])}, nil
}

// each calls f with the first element of every line of a value of n elements.
func (l lines) each(n int, f func(first int)) {
	block := l.count * l.inner
	for b := 0; block > 0 && b < n; b += block {
		for i := range l.inner {
			f(b + i)
		}
	}
}

func softmax[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	l, err := n.lines(x)
	if err != nil {
		return nil, err
	}
	return one(x.shape, function[T]{
		forward: func(in [][]T, out, _ []T) {
			l.each(len(out), func(first int) {
				logSum := logSumExp(l, in[0], first)
				for i := range l.count {
					k := first + i*l.inner
					out[k] = T(math.Exp(float64(in[0][k]) - logSum))
				}
			})
		},
		backward: func(_ [][]T, out, dout []T, din [][]T, _ []T) {
			l.each(len(out), func(first int) {
				var dot T
				for i := range l.count {
					k := first + i*l.inner
					dot += out[k] * dout[k]
				}
				for i := range l.count {
					k := first + i*l.inner
					din[0][k] += out[k] * (dout[k] - dot)
				}
			})
		},
	}, x), nil
}

func logSoftmax[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	l, err := n.lines(x)
	if err != nil {
		return nil, err
	}
	return one(x.shape, function[T]{
		forward: func(in [][]T, out, _ []T) {
			l.each(len(out), func(first int) {
				logSum := logSumExp(l, in[0], first)
				for i := range l.count {
					k := first + i*l.inner
					out[k] = T(float64(in[0][k]) - logSum)
				}
			})
		},
		backward: func(_ [][]T, out, dout []T, din [][]T, _ []T) {
			l.each(len(out), func(first int) {
				var sum T
				for i := range l.count {
					sum += dout[first+i*l.inner]
				}
				for i := range l.count {
					k := first + i*l.inner
					din[0][k] += dout[k] - T(math.Exp(float64(out[k])))*sum
				}
			})
		},
	}, x), nil
}

// logSumExp returns the logarithm of the sum of the exponentials of a line.
func logSumExp[T kernel.Float](l lines, x []T, first int) float64 {
	top := math.Inf(-1)
	for i := range l.count {
		top = math.Max(top, float64(x[first+i*l.inner]))
	}
	var sum float64
	for i := range l.count {
		sum += math.Exp(float64(x[first+i*l.inner]) - top)
	}
	return top + math.Log(sum)
}

// batchNorm scales and shifts every channel by what was learned.
func batchNorm[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	if n.int("training_mode", 0) != 0 {
		return nil, unsupportedf("training mode")
	}
	if len(x.shape) < 2 {
		return nil, invalidf("an input of shape %v", x.shape)
	}
	ch, inner := x.shape[1], size(x.shape[2:])
	var stat [4][]T // scale, bias, mean, variance
	for i := range stat {
		o, err := n.weights(i + 1)
		if err != nil {
			return nil, err
		}
		if stat[i] = o.data; len(o.data) != ch {
			return nil, invalidf("input %d has %d numbers for %d channels", i+1, len(o.data), ch)
		}
	}
	eps := float64(n.float("epsilon", 1e-5))
	scale, shift := make([]T, ch), make([]T, ch)
	for i := range ch {
		s := float64(stat[0][i]) / math.Sqrt(float64(stat[3][i])+eps)
		scale[i], shift[i] = T(s), T(float64(stat[1][i])-s*float64(stat[2][i]))
	}
	return one(x.shape, function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i, v := range in[0] {
				c := i / inner % ch
				out[i] = v*scale[c] + shift[c]
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				din[0][i] += d * scale[i/inner%ch]
			}
		},
	}, x), nil
}
