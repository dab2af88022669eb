package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// pad surrounds its input with a number, with its edge, or with its mirror
// image. Negative padding cuts off.
func pad[T kernel.Float](n *node[T]) ([]result[T], error) {
	x, err := n.floats(0)
	if err != nil {
		return nil, err
	}
	pads, _, err := n.list("pads", 1)
	if err != nil {
		return nil, err
	}
	empty, err := n.scalar(2, n.float("value", 0))
	if err != nil {
		return nil, err
	}
	if pads, err = n.allPads(pads, len(x.shape)); err != nil {
		return nil, err
	}
	shape := slices.Clone(x.shape)
	for i := range shape {
		if shape[i] += pads[i] + pads[len(shape)+i]; shape[i] < 0 {
			return nil, invalidf("pads %v for a value of shape %v", pads, x.shape)
		}
	}
	count, err := n.lim.take(shape)
	if err != nil {
		return nil, err
	}
	if err := n.lim.spend(count, len(shape)); err != nil {
		return nil, err
	}
	source, err := n.source()
	if err != nil {
		return nil, err
	}
	idx := make([]int32, count)
	step, inner := strides(x.shape), strides(shape)
	for i := range idx {
		at := 0
		for d, s := range inner {
			k := source(i/s%shape[d]-pads[d], x.shape[d])
			if k < 0 || k >= x.shape[d] {
				at = -1
				break
			}
			at += k * step[d]
		}
		idx[i] = int32(at)
	}
	return []result[T]{n.view(x, shape, idx, empty)}, nil
}

// allPads returns padding before and after every dimension, where input 3 may
// name those that pads is about.
func (n *node[T]) allPads(pads []int, rank int) ([]int, error) {
	along := make([]int, rank)
	for i := range along {
		along[i] = i
	}
	if n.has(3) {
		var err error
		if along, err = n.integers(3); err != nil {
			return nil, err
		}
		if _, err := axes(along, rank); err != nil {
			return nil, err
		}
	}
	if len(pads) != 2*len(along) {
		return nil, invalidf("%d pads for %d dimensions", len(pads), len(along))
	}
	all := make([]int, 2*rank)
	for i, a := range along {
		a, _ = axis(a, rank) // checked above
		all[a], all[rank+a] = pads[i], pads[len(along)+i]
	}
	return all, nil
}

// source returns the function that says which of d elements is seen at a
// position, which may be outside. Its answer may be outside too.
func (n *node[T]) source() (func(at, d int) int, error) {
	switch mode := n.text("mode", "constant"); mode {
	case "constant":
		return func(at, _ int) int { return at }, nil
	case "edge":
		return func(at, d int) int { return min(max(at, 0), d-1) }, nil
	case "reflect":
		return func(at, d int) int {
			period := 2 * (d - 1)
			if period <= 0 {
				return min(at, 0)
			}
			at = (at%period + period) % period
			return min(at, period-at)
		}, nil
	default:
		return nil, unsupportedf("mode %q", mode)
	}
}
