package graph

import (
	"fmt"
	"math"

	"quintain/ml/kernel"
)

// A node is a [Node] while it is compiled.
type node[T kernel.Float] struct {
	*Node
	c     *compiler[T]
	in    []*operand[T] // nil where an optional input is left out
	opset int
	lim   *limits
	use   string // tells the products of this node apart
}

// A builder works out what a node computes.
type builder[T kernel.Float] func(n *node[T]) ([]result[T], error)

func invalidf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

func unsupportedf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)
}

// floats returns input i, which must be there and hold numbers.
func (n *node[T]) floats(i int) (*operand[T], error) {
	switch {
	case i >= len(n.in) || n.in[i] == nil:
		return nil, invalidf("input %d is missing", i)
	case n.in[i].isInt:
		return nil, unsupportedf("input %d holds integers", i)
	}
	return n.in[i], nil
}

// any returns input i, which must be there.
func (n *node[T]) any(i int) (*operand[T], error) {
	if i >= len(n.in) || n.in[i] == nil {
		return nil, invalidf("input %d is missing", i)
	}
	return n.in[i], nil
}

// has reports whether the optional input i is there.
func (n *node[T]) has(i int) bool { return i < len(n.in) && n.in[i] != nil }

// weights returns input i, which must hold constant numbers.
func (n *node[T]) weights(i int) (*operand[T], error) {
	o, err := n.floats(i)
	if err == nil && !o.constant() {
		return nil, unsupportedf("input %d is not constant", i)
	}
	return o, err
}

// learned returns input i, which must hold numbers that are constant or may
// change between runs.
func (n *node[T]) learned(i int) (*operand[T], error) {
	o, err := n.floats(i)
	if err == nil && !o.constant() && !n.c.fixed(o) {
		return nil, unsupportedf("input %d is not constant", i)
	}
	return o, err
}

// integers returns the constant integers of input i.
func (n *node[T]) integers(i int) ([]int, error) {
	o, err := n.any(i)
	if err != nil {
		return nil, err
	}
	if !o.isInt {
		return nil, unsupportedf("input %d holds no constant integers", i)
	}
	return toInts(o.ints), nil
}

// list returns integers that older operators take as the attribute name and
// newer ones as input i; ok tells whether they are given.
func (n *node[T]) list(name string, i int) (v []int, ok bool, err error) {
	if a, ok := n.Attr[name]; ok {
		return toInts(a.Ints), true, nil
	}
	if !n.has(i) {
		return nil, false, nil
	}
	v, err = n.integers(i)
	return v, true, err
}

// ints returns the attribute name, a list of count integers of at least low,
// or count times def.
func (n *node[T]) ints(name string, count, low, def int) ([]int, error) {
	a, ok := n.Attr[name]
	if !ok || len(a.Ints) == 0 {
		out := make([]int, count)
		for i := range out {
			out[i] = def
		}
		return out, nil
	}
	out := toInts(a.Ints)
	if len(out) != count {
		return nil, invalidf("%s has %d numbers, want %d", name, len(out), count)
	}
	for _, v := range out {
		if v < low || v > 1<<24 {
			return nil, invalidf("%s holds %d", name, v)
		}
	}
	return out, nil
}

// int returns the attribute name, or def.
func (n *node[T]) int(name string, def int) int {
	if a, ok := n.Attr[name]; ok {
		return clampInt(a.Int)
	}
	return def
}

// float returns the attribute name, or def.
func (n *node[T]) float(name string, def float32) T {
	if a, ok := n.Attr[name]; ok {
		return T(a.Float)
	}
	return T(def)
}

// text returns the attribute name, or def.
func (n *node[T]) text(name, def string) string {
	if t := n.Attr[name].Text; t != "" {
		return t
	}
	return def
}

// scalar returns the constant number in input i, or def if it is left out.
func (n *node[T]) scalar(i int, def T) (T, error) {
	if !n.has(i) {
		return def, nil
	}
	o, err := n.weights(i)
	if err != nil {
		return 0, err
	}
	if len(o.data) != 1 {
		return 0, invalidf("input %d has %d numbers, want 1", i, len(o.data))
	}
	return o.data[0], nil
}

// clampInt keeps what a file says in a range in which sums cannot overflow.
func clampInt(v int64) int { return int(min(max(v, -math.MaxInt32), math.MaxInt32)) }

func toInts(v []int64) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = clampInt(x)
	}
	return out
}

// axis returns a, counted from the front, if it is one of rank dimensions.
func axis(a, rank int) (int, error) {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		return 0, invalidf("axis outside a value of %d dimensions", rank)
	}
	return a, nil
}

// axes is axis for a list without repetition; set[i] tells whether dimension i
// is in it.
func axes(list []int, rank int) (set []bool, err error) {
	set = make([]bool, rank)
	for _, a := range list {
		if a, err = axis(a, rank); err != nil {
			return nil, err
		}
		if set[a] {
			return nil, invalidf("axis %d twice", a)
		}
		set[a] = true
	}
	return set, nil
}

// size returns the number of elements of a value whose shape has passed
// limits.take.
func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// one wraps the result of an operator with one output.
func one[T kernel.Float](shape []int, fn function[T], in ...*operand[T]) []result[T] {
	return []result[T]{{shape: shape, fn: fn, in: in}}
}
