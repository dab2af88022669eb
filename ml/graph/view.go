package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// view gives a result whose element i is element idx[i] of x, or empty where
// idx[i] is negative. No idx is x in another shape.
func (n *node[T]) view(x *operand[T], shape []int, idx []int32, empty T) result[T] {
	switch {
	case idx == nil:
		return result[T]{shape: shape, same: x}
	case x.isInt:
		out := make([]int64, len(idx))
		for i, k := range idx {
			if out[i] = int64(empty); k >= 0 {
				out[i] = x.ints[k]
			}
		}
		return result[T]{shape: shape, ints: out}
	}
	return result[T]{shape: shape, in: []*operand[T]{x}, fn: function[T]{
		mix: func() *Mix { return &Mix{Terms: 1, From: idx, Empty: float32(empty)} },
		forward: func(in [][]T, out, _ []T) {
			for i, k := range idx {
				if out[i] = empty; k >= 0 {
					out[i] = in[0][k]
				}
			}
		},
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for i, k := range idx {
				if k >= 0 {
					din[0][k] += dout[i]
				}
			}
		},
	}}
}

// strides returns how far apart neighbors are in each dimension.
func strides(shape []int) []int {
	out := make([]int, len(shape))
	for i, s := len(shape)-1, 1; i >= 0; i-- {
		out[i] = s
		s *= shape[i]
	}
	return out
}

// permute puts the dimensions of x in the order perm.
func (n *node[T]) permute(x *operand[T], perm []int) (result[T], error) {
	if len(perm) != len(x.shape) {
		return result[T]{}, invalidf("order %v of %d dimensions", perm, len(x.shape))
	}
	if _, err := axes(perm, len(x.shape)); err != nil {
		return result[T]{}, err
	}
	from := strides(x.shape)
	shape, step := make([]int, len(perm)), make([]int, len(perm))
	for i, p := range perm {
		p, _ = axis(p, len(perm)) // checked above
		shape[i], step[i] = x.shape[p], from[p]
	}
	idx, err := n.walk(shape, step, 0)
	return n.view(x, shape, idx, 0), err
}

func transpose[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	perm := toInts(n.Attr["perm"].Ints)
	if len(perm) == 0 {
		for i := range x.shape {
			perm = append(perm, len(x.shape)-1-i)
		}
	}
	r, err := n.permute(x, perm)
	return []result[T]{r}, err
}

func expand[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	to, err := n.integers(1)
	if err != nil {
		return nil, err
	}
	shape, err := broadcast(x.shape, to)
	if err != nil {
		return nil, err
	}
	idx, err := n.spread(x.shape, shape)
	return []result[T]{n.view(x, shape, idx, 0)}, err
}

// slice takes every step-th element from start to end along some axes.
func slice[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	var arg [4][]int
	var given [4]bool
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		if arg[i], given[i], err = n.list(name, i+1); err != nil {
			return nil, err
		}
	}
	starts, ends, along, steps := arg[0], arg[1], arg[2], arg[3]
	if !given[2] {
		for i := range starts {
			along = append(along, i)
		}
	}
	if !given[3] {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(ends) != len(starts) || len(along) != len(starts) || len(steps) != len(starts) {
		return nil, invalidf("starts, ends, axes and steps differ in number")
	}
	if _, err := axes(along, len(x.shape)); err != nil {
		return nil, err
	}
	shape, step, base := slices.Clone(x.shape), strides(x.shape), 0
	for i, a := range along {
		a, _ = axis(a, len(shape)) // checked above
		first, count, err := cut(shape[a], starts[i], ends[i], steps[i])
		if err != nil {
			return nil, err
		}
		base += first * step[a]
		shape[a] = count
		step[a] *= steps[i]
	}
	idx, err := n.walk(shape, step, base)
	return []result[T]{n.view(x, shape, idx, 0)}, err
}

// cut returns the first element and the number of elements of a slice of a
// dimension of d.
func cut(d, start, end, step int) (first, count int, err error) {
	if step == 0 {
		return 0, 0, invalidf("a step of 0")
	}
	if start < 0 {
		start += d
	}
	if end < 0 {
		end += d
	}
	if step > 0 {
		start, end = min(max(start, 0), d), min(max(end, 0), d)
		return start, max(0, (end-start+step-1)/step), nil
	}
	start, end = min(max(start, 0), d-1), min(max(end, -1), d-1)
	return start, max(0, (start-end-step-1)/-step), nil
}

// gather takes the elements along an axis that known integers name.
func gather[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	list, err := n.integers(1)
	if err != nil {
		return nil, err
	}
	a, err := axis(n.int("axis", 0), len(x.shape))
	if err != nil {
		return nil, err
	}
	return n.along(x, a, list, n.in[1].shape)
}

// along takes the elements of x along an axis that list, of the given shape,
// names.
func (n *node[T]) along(x *operand[T], a int, list, of []int) ([]result[T], error) {
	shape := slices.Concat(x.shape[:a], of, x.shape[a+1:])
	count, err := n.lim.take(shape)
	if err != nil {
		return nil, err
	}
	inner := size(x.shape[a+1:])
	idx := make([]int32, 0, count)
	for o := range size(x.shape[:a]) {
		for _, k := range list {
			if k < 0 {
				k += x.shape[a]
			}
			if k < 0 || k >= x.shape[a] {
				return nil, invalidf("an index outside a dimension of %d", x.shape[a])
			}
			for i := range inner {
				idx = append(idx, int32((o*x.shape[a]+k)*inner+i))
			}
		}
	}
	return []result[T]{n.view(x, shape, idx, 0)}, nil
}

// split cuts its input into pieces along an axis.
func split[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.any(0)
	if err != nil {
		return nil, err
	}
	a, err := axis(n.int("axis", 0), len(x.shape))
	if err != nil {
		return nil, err
	}
	sizes, ok, err := n.list("split", 1)
	if err != nil {
		return nil, err
	}
	d, parts := x.shape[a], len(n.Outputs)
	if !ok {
		each := (d + parts - 1) / parts
		for left := d; len(sizes) < parts; left -= each {
			sizes = append(sizes, max(0, min(each, left)))
		}
	}
	var out []result[T]
	base, step := 0, strides(x.shape)
	for _, s := range sizes {
		if s < 0 || s > d-base {
			return nil, invalidf("pieces %v of a dimension of %d", sizes, d)
		}
		shape := slices.Clone(x.shape)
		shape[a] = s
		idx, err := n.walk(shape, step, base*step[a])
		if err != nil {
			return nil, err
		}
		out = append(out, n.view(x, shape, idx, 0))
		base += s
	}
	return out, nil
}

// concat puts values one after the other along an axis.
func concat[T kernel.Float](n *node[T]) ([]result[T], error) {
	first, err := n.any(0)
	if err != nil {
		return nil, err
	}
	a, err := axis(n.int("axis", 0), len(first.shape))
	if err != nil {
		return nil, err
	}
	shape := slices.Clone(first.shape)
	shape[a] = 0
	lens := make([]int, len(n.in))
	for i := range n.in {
		o, err := n.any(i)
		if err != nil {
			return nil, err
		}
		if o.isInt != first.isInt || len(o.shape) != len(shape) {
			return nil, invalidf("input %d does not go with input 0", i)
		}
		for k, d := range o.shape {
			if k != a && d != shape[k] {
				return nil, invalidf("shapes %v and %v do not go together", first.shape, o.shape)
			}
		}
		lens[i] = size(o.shape[a:])
		shape[a] += o.shape[a]
	}
	if _, err := n.lim.take(shape); err != nil {
		return nil, err
	}
	blocks := size(first.shape[:a])
	if first.isInt {
		ints, in := make([]int64, size(shape)), make([][]int64, len(n.in))
		for i, o := range n.in {
			in[i] = o.ints
		}
		join(ints, in, lens, blocks)
		return []result[T]{{shape: shape, ints: ints}}, nil
	}
	return one(shape, function[T]{
		partial: true,
		forward: func(in [][]T, out, _ []T) { join(out, in, lens, blocks) },
		backward: func(_ [][]T, _, dout []T, din [][]T, _ []T) {
			for b := range blocks {
				for i, l := range lens {
					if din[i] != nil {
						for k, d := range dout[:l] {
							din[i][b*l+k] += d
						}
					}
					dout = dout[l:]
				}
			}
		},
	}, n.in...), nil
}

// join interleaves blocks of the given lengths.
func join[E any](out []E, in [][]E, lens []int, blocks int) {
	for b := range blocks {
		for i, l := range lens {
			copy(out, in[i][b*l:(b+1)*l])
			out = out[l:]
		}
	}
}
