package graph

import "quintain/ml/kernel"

// A truth value is 1 or 0: an integer where both sides are known integers, else
// a number whose gradient is zero.
func truth[T kernel.Float](v bool) T {
	if v {
		return 1
	}
	return 0
}

// compare holds numbers, or integers that are known, against each other.
func compare[T kernel.Float](floats func(a, b T) bool, ints func(a, b int64) bool) arithmetic[T] {
	none := func(_, _, _, _ T) T { return 0 }
	return arithmetic[T]{
		value: func(a, b T) T { return truth[T](floats(a, b)) },
		da:    none,
		db:    none,
		ints: func(a, b int64) int64 {
			if ints(a, b) {
				return 1
			}
			return 0
		},
	}
}

func equal[T kernel.Float | int64](a, b T) bool { return a == b }

func greater[T kernel.Float | int64](a, b T) bool { return a > b }

func less[T kernel.Float | int64](a, b T) bool { return a < b }

func greaterOrEqual[T kernel.Float | int64](a, b T) bool { return a >= b }

func lessOrEqual[T kernel.Float | int64](a, b T) bool { return a <= b }

func differ[T kernel.Float]() arithmetic[T] {
	return compare(func(a, b T) bool { return a != b }, func(a, b int64) bool { return a != b })
}

// extreme is the larger or the smaller of two numbers. Equals share the
// gradient, as in PyTorch.
func extreme[T kernel.Float](sign T) arithmetic[T] {
	part := func(a, b, d T) T {
		switch {
		case sign*a > sign*b || a != a: // what is no number differs from itself
			return d
		case a == b:
			return d / 2
		}
		return 0
	}
	return arithmetic[T]{
		value: func(a, b T) T {
			if sign*a > sign*b || a != a {
				return a
			}
			return b
		},
		da: func(a, b, _, d T) T { return part(a, b, d) },
		db: func(a, b, _, d T) T { return part(b, a, d) },
		ints: func(a, b int64) int64 {
			if sign > 0 == (a > b) {
				return a
			}
			return b
		},
	}
}

// many applies a to any number of inputs, from the first to the last.
func many[T kernel.Float](a arithmetic[T]) builder[T] {
	return func(n *node[T]) ([]result[T], error) {
		sum, err := n.any(0)
		if err != nil {
			return nil, err
		}
		r := result[T]{shape: sum.shape, same: sum}
		for i := 1; i < len(n.in); i++ {
			o, err := n.any(i)
			if err != nil {
				return nil, err
			}
			if sum, err = n.c.keep(&r); err != nil {
				return nil, err
			}
			if r, err = n.combine(a, sum, o); err != nil {
				return nil, err
			}
		}
		return []result[T]{r}, nil
	}
}

// where takes elements of input 1 where input 0 is true, else of input 2.
func where[T kernel.Float](n *node[T]) ([]result[T], error) {
	var in [3]*operand[T]
	shape, ints := []int{}, true
	for i := range in {
		o, err := n.any(i)
		if err != nil {
			return nil, err
		}
		if shape, err = broadcast(shape, o.shape); err != nil {
			return nil, err
		}
		in[i], ints = o, ints && o.isInt
	}
	var idx [3][]int32
	for i, o := range in {
		var err error
		if idx[i], err = n.spread(o.shape, shape); err != nil {
			return nil, err
		}
	}
	if ints {
		count, err := n.lim.take(shape)
		if err != nil {
			return nil, err
		}
		out := make([]int64, count)
		for i := range out {
			k := 2
			if in[0].ints[at(idx[0], i)] != 0 {
				k = 1
			}
			out[i] = in[k].ints[at(idx[k], i)]
		}
		return []result[T]{{shape: shape, ints: out}}, nil
	}
	if in[1].isInt || in[2].isInt {
		return nil, unsupportedf("a choice of integers")
	}
	side := func(in [][]T, i int) int {
		if in[0][at(idx[0], i)] != 0 {
			return 1
		}
		return 2
	}
	return one(shape, function[T]{
		forward: func(in [][]T, out, _ []T) {
			for i := range out {
				k := side(in, i)
				out[i] = in[k][at(idx[k], i)]
			}
		},
		backward: func(in [][]T, _, dout []T, din [][]T, _ []T) {
			for i, d := range dout {
				if k := side(in, i); din[k] != nil {
					din[k][at(idx[k], i)] += d
				}
			}
		},
	}, in[0].numbers(), in[1], in[2]), nil
}

// numbers returns o, its integers as numbers.
func (o *operand[T]) numbers() *operand[T] {
	if !o.isInt {
		return o
	}
	data := make([]T, len(o.ints))
	for i, v := range o.ints {
		data[i] = T(v)
	}
	return &operand[T]{shape: o.shape, data: data, slot: -1}
}
