package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// constant is a tensor in an attribute.
func constant[T kernel.Float](n *node[T]) ([]result[T], error) {
	t := &Tensor{}
	for name, a := range n.Attr {
		switch name {
		case "value":
			if a.Tensor == nil {
				return nil, invalidf("no value")
			}
			t = a.Tensor
		case "value_int":
			t.Int = []int64{a.Int}
		case "value_ints":
			t.Int, t.Shape = slices.Concat([]int64{}, a.Ints), []int{len(a.Ints)}
		case "value_float":
			t.Float = []float32{a.Float}
		case "value_floats":
			t.Float, t.Shape = a.Floats, []int{len(a.Floats)}
		default:
			return nil, unsupportedf("attribute %q", name)
		}
	}
	o, err := n.c.tensor(t)
	if err != nil {
		return nil, err
	}
	return []result[T]{{shape: o.shape, same: o}}, nil
}

func constantOfShape[T kernel.Float](n *node[T]) ([]result[T], error) {
	shape, err := n.integers(0)
	if err != nil {
		return nil, err
	}
	count, err := n.lim.take(shape)
	if err != nil {
		return nil, err
	}
	t := n.Attr["value"].Tensor
	switch {
	case t == nil:
		return []result[T]{{shape: shape, data: make([]T, count)}}, nil
	case len(t.Int) == 1:
		return []result[T]{{shape: shape, ints: slices.Repeat(t.Int, count)}}, nil
	case len(t.Float) == 1:
		return []result[T]{{shape: shape, data: slices.Repeat([]T{T(t.Float[0])}, count)}}, nil
	}
	return nil, invalidf("not one value")
}

// shapeOf gives the shape of its input, from start to end.
func shapeOf[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	rank := len(x.shape)
	bound := func(v int) int {
		if v < 0 {
			v += rank
		}
		return min(max(v, 0), rank)
	}
	lo, hi := bound(n.int("start", 0)), bound(n.int("end", rank))
	out := []int64{}
	for i := lo; i < hi; i++ {
		out = append(out, int64(x.shape[i]))
	}
	return []result[T]{{shape: []int{len(out)}, ints: out}}, nil
}

// cast changes the type. Only what is known beforehand becomes an integer.
func cast[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	switch to := n.int("to", 0); to {
	case 1, 10, 11, 16: // float, float16, double, bfloat16
		if !x.isInt {
			return []result[T]{{shape: x.shape, same: x}}, nil
		}
		return []result[T]{{shape: x.shape, data: x.numbers().data}}, nil
	case 6, 7: // int32, int64
		if x.isInt {
			return []result[T]{{shape: x.shape, same: x}}, nil
		}
		if !x.constant() {
			return nil, unsupportedf("rounding")
		}
		ints := make([]int64, len(x.data))
		for i, v := range x.data {
			ints[i] = int64(v)
		}
		return []result[T]{{shape: x.shape, ints: ints}}, nil
	case 9: // truth values
		zero := &operand[T]{data: []T{0}, slot: -1}
		if x.isInt {
			zero = &operand[T]{ints: []int64{0}, isInt: true, slot: -1}
		}
		r, err := n.combine(differ[T](), x, zero)
		return []result[T]{r}, err
	default:
		return nil, unsupportedf("type %d", to)
	}
}

// identity is also what dropout does to a model in use.
func identity[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	if n.Op == "Dropout" && n.has(2) {
		return nil, unsupportedf("training mode")
	}
	return []result[T]{{shape: x.shape, same: x}}, nil
}

func reshape[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	want, ok, err := n.list("shape", 1)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalidf("no shape")
	}
	shape, free, known, total := slices.Clone(want), -1, 1, size(x.shape)
	for i, d := range shape {
		switch {
		case d == 0 && n.int("allowzero", 0) == 0:
			if i >= len(x.shape) {
				return nil, invalidf("shape %v for %v", want, x.shape)
			}
			shape[i] = x.shape[i]
		case d == -1 && free < 0:
			free = i
			continue
		case d < 0:
			return nil, invalidf("shape %v", want)
		}
		if shape[i] != 0 && known > total/shape[i] && total > 0 {
			return nil, invalidf("shape %v for %d elements", want, total)
		}
		known *= shape[i]
	}
	if free >= 0 && known > 0 {
		shape[free] = total / known
		known *= shape[free]
	}
	if known != total || slices.Contains(shape, -1) {
		return nil, invalidf("shape %v for %d elements", want, total)
	}
	return []result[T]{{shape: shape, same: x}}, nil
}

func flatten[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	a := n.int("axis", 1)
	if a < 0 {
		a += len(x.shape)
	}
	if a < 0 || a > len(x.shape) {
		return nil, invalidf("axis %d", a)
	}
	return []result[T]{{shape: []int{size(x.shape[:a]), size(x.shape[a:])}, same: x}}, nil
}

func squeeze[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	list, ok, err := n.list("axes", 1)
	if err != nil {
		return nil, err
	}
	set, err := axes(list, len(x.shape))
	if err != nil {
		return nil, err
	}
	shape := []int{}
	for i, d := range x.shape {
		switch {
		case set[i] && d != 1:
			return nil, invalidf("dimension %d is %d", i, d)
		case !set[i] && (ok || d != 1):
			shape = append(shape, d)
		}
	}
	return []result[T]{{shape: shape, same: x}}, nil
}

func unsqueeze[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	list, _, err := n.list("axes", 1)
	if err != nil {
		return nil, err
	}
	if len(list) > 64 {
		return nil, unsupportedf("%d axes", len(list))
	}
	set, err := axes(list, len(x.shape)+len(list))
	if err != nil {
		return nil, err
	}
	shape, rest := make([]int, len(set)), x.shape
	for i := range shape {
		if set[i] {
			shape[i] = 1
			continue
		}
		shape[i], rest = rest[0], rest[1:]
	}
	return []result[T]{{shape: shape, same: x}}, nil
}
