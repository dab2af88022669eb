package graph

import (
	"math"

	"quintain/ml/kernel"
)

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
	return one(x.shape, softmaxOver[T](l), x), nil
}

func softmaxOver[T kernel.Float](l lines) function[T] {
	return function[T]{
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
	}
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
