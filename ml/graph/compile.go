package graph

import (
	"fmt"
	"slices"

	"quintain/ml"
	"quintain/ml/kernel"
)

// An operand is a value while the graph is compiled: integers, constant
// numbers, or what a step will compute.
type operand[T kernel.Float] struct {
	shape []int
	ints  []int64 // integers; isInt tells
	isInt bool
	data  []T // constant numbers
	slot  int // of the machine, if neither
}

func (o *operand[T]) constant() bool { return o.slot < 0 }

// A function is an operator with its attributes and shapes worked out.
type function[T kernel.Float] struct {
	// forward sets out. The slices have the sizes that were worked out.
	forward func(in [][]T, out, tmp []T)

	// backward adds the gradient with respect to each input to din, whose
	// elements are nil where nobody asks. It is nil if there is no gradient.
	backward func(in [][]T, out, dout []T, din [][]T, tmp []T)

	tmp   int // length of the scratch space that both need
	extra int // numbers that forward leaves behind those of out for backward

	rectified func() function[T] // this function followed by Relu; may be nil

	// partial says that backward takes nil for any element of din. Of other
	// functions only weights may be left out.
	partial bool

	mix func() *Mix // what is made, if that is all there is to it; may be nil

	// squares adds to sum[row] the squared length of the gradient with respect
	// to those inputs that want tells, for each row alone. It may be nil.
	squares func(in [][]T, out, dout []T, want []bool, sum []float64, tmp []T)
}

// A result is one output of a node.
type result[T kernel.Float] struct {
	shape []int
	same  *operand[T] // the output is this operand in another shape, or
	ints  []int64     // these integers, or
	data  []T         // these numbers, or
	fn    function[T] // what this function makes
	in    []*operand[T]
	err   error // or it cannot be had, for this reason
}

// A step computes one value.
type step[T kernel.Float] struct {
	fn   function[T]
	in   []*operand[T]
	out  int
	made *operand[T] // the value, under its first name
}

// A program is a graph worked out for one batch size.
type program[T kernel.Float] struct {
	rows  int
	steps []step[T]
	live  []*Tensor // weights that may change; slot i+1 holds the i-th
	sizes []int     // of the slots; the input is slot 0
	extra []int     // numbers in the slots behind those
	out   *operand[T]
	tmp   int
	blind error // why there is no gradient, if so
}

// A compiler makes a program.
type compiler[T kernel.Float] struct {
	g      *Graph
	lim    *limits
	vals   map[string]*operand[T]
	prog   program[T]
	at     *Node          // being compiled
	uses   map[string]int // how often values are used
	packed map[string][]T // weights that are packed already, by use
}

// limits bound what a hostile graph can make us allocate and compute.
type limits struct {
	values, usedValues int
	work, usedWork     int64
}

// maxRank is the number of dimensions that a value may have.
const maxRank = 16

// count returns the number of elements of a value of the given shape.
func (l *limits) count(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("%w: %d dimensions", ErrTooLarge, len(shape))
	}
	n := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("%w: dimension %d", ErrInvalid, d)
		}
		if d > 0 && n > l.values/d {
			return 0, fmt.Errorf("%w: a value of shape %v", ErrTooLarge, shape)
		}
		n *= d
	}
	return n, nil
}

// take is count, and counts against the limit.
func (l *limits) take(shape []int) (int, error) {
	n, err := l.count(shape)
	if err != nil {
		return 0, err
	}
	if l.usedValues += n; l.usedValues > l.values {
		return 0, fmt.Errorf("%w: more than %d values", ErrTooLarge, l.values)
	}
	return n, nil
}

// spend counts work: the product of factors.
func (l *limits) spend(factors ...int) error {
	n := int64(1)
	for _, f := range factors {
		f := int64(max(f, 1))
		if n > l.work/f {
			return fmt.Errorf("%w: more than %d operations", ErrTooLarge, l.work)
		}
		n *= f
	}
	if l.usedWork += n; l.usedWork > l.work {
		return fmt.Errorf("%w: more than %d operations", ErrTooLarge, l.work)
	}
	return nil
}

// compile works g out for inputs of shape in and the output called out. The
// constants called live may change between runs.
func compile[T kernel.Float](g *Graph, input string, in []int, out string, lim limits, packed map[string][]T, live ...string) (*program[T], error) {
	c, err := compiled(g, input, in, out, lim, packed, live...)
	if err != nil {
		return nil, err
	}
	return &c.prog, nil
}

// compiled is compile, and returns the compiler, which knows every value.
func compiled[T kernel.Float](g *Graph, input string, in []int, out string, lim limits, packed map[string][]T, live ...string) (*compiler[T], error) {
	c := &compiler[T]{g: g, lim: &lim, vals: make(map[string]*operand[T]), packed: packed}
	n, err := c.lim.take(in)
	if err != nil {
		return nil, err
	}
	c.prog.rows, c.prog.sizes, c.prog.extra = in[0], []int{n}, []int{0}
	need := needed(g, out)
	c.uses = uses(g, need)
	c.uses[out]++
	c.vals[input] = &operand[T]{shape: in}
	for _, name := range live {
		if err := c.enliven(name); err != nil {
			return nil, fmt.Errorf("weights %q: %w", name, err)
		}
	}
	for i := range g.Nodes {
		nd := &g.Nodes[i]
		if !need[i] {
			continue
		}
		if err := c.node(nd); err != nil {
			return nil, &OpError{nd.Op, nd.label(), err}
		}
	}
	c.prog.out, err = c.value(out)
	return c, err
}

// enliven makes a constant a value that may change between runs.
func (c *compiler[T]) enliven(name string) error {
	t := c.g.Const[name]
	if t == nil || t.Int != nil {
		return fmt.Errorf("%w: no numbers are called so", ErrInvalid)
	}
	n, err := c.lim.take(t.Shape)
	if err != nil {
		return err
	}
	if n != len(t.Float) {
		return fmt.Errorf("%w: %d elements for shape %v", ErrInvalid, len(t.Float), t.Shape)
	}
	c.vals[name] = &operand[T]{shape: t.Shape, slot: len(c.prog.sizes)}
	c.prog.sizes, c.prog.extra = append(c.prog.sizes, n), append(c.prog.extra, 0)
	c.prog.live = append(c.prog.live, t)
	return nil
}

// label returns what to call a node.
func (nd *Node) label() string {
	if nd.Name == "" && len(nd.Outputs) > 0 {
		return nd.Outputs[0]
	}
	return nd.Name
}

// needed says which nodes the output depends on.
func needed(g *Graph, out string) []bool {
	wanted := map[string]bool{out: true}
	need := make([]bool, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		nd := &g.Nodes[i]
		need[i] = slices.ContainsFunc(nd.Outputs, func(o string) bool { return wanted[o] })
		if need[i] {
			for _, in := range nd.Inputs {
				wanted[in] = true
			}
		}
	}
	return need
}

// value returns the operand called name.
func (c *compiler[T]) value(name string) (*operand[T], error) {
	if o, ok := c.vals[name]; ok {
		return o, nil
	}
	t, ok := c.g.Const[name]
	if !ok {
		return nil, fmt.Errorf("%w: no value is called %q here", ErrInvalid, name)
	}
	o, err := c.tensor(t)
	if err != nil {
		return nil, fmt.Errorf("value %q: %w", name, err)
	}
	c.vals[name] = o
	return o, nil
}

// tensor turns t into an operand.
func (c *compiler[T]) tensor(t *Tensor) (*operand[T], error) {
	n, err := c.lim.take(t.Shape)
	if err != nil {
		return nil, err
	}
	o := &operand[T]{shape: t.Shape, slot: -1}
	if t.Int != nil {
		o.ints, o.isInt = t.Int, true
	} else if same, ok := any(t.Float).([]T); ok {
		o.data = same
	} else {
		o.data = make([]T, len(t.Float))
		for i, v := range t.Float {
			o.data[i] = T(v)
		}
	}
	if len(o.ints)+len(o.data) != n {
		return nil, fmt.Errorf("%w: %d elements for shape %v", ErrInvalid, len(o.ints)+len(o.data), t.Shape)
	}
	return o, nil
}

// node compiles nd.
func (c *compiler[T]) node(nd *Node) error {
	c.at = nd
	n := &node[T]{Node: nd, c: c, opset: c.g.Opset, lim: c.lim}
	for _, name := range nd.Inputs {
		var o *operand[T]
		if name != "" {
			var err error
			if o, err = c.value(name); err != nil {
				return err
			}
		}
		n.in = append(n.in, o)
	}
	if c.fuse(n) {
		return nil
	}
	build, ok := operators[T]()[nd.Op]
	if !ok {
		return ErrUnsupported
	}
	results, err := build(n)
	if err != nil {
		return err
	}
	if len(nd.Outputs) > len(results) && slices.ContainsFunc(nd.Outputs[len(results):], func(o string) bool { return o != "" }) {
		return fmt.Errorf("%w: %d outputs", ErrUnsupported, len(nd.Outputs))
	}
	for i, name := range nd.Outputs {
		if name == "" {
			continue
		}
		if _, ok := c.vals[name]; ok {
			return fmt.Errorf("%w: a second value called %q", ErrInvalid, name)
		}
		if c.uses[name] == 0 {
			continue
		}
		if c.vals[name], err = c.keep(&results[i]); err != nil {
			return err
		}
	}
	return nil
}

// uses counts how often values are used by the nodes of g that are needed.
func uses(g *Graph, need []bool) map[string]int {
	n := make(map[string]int)
	for i := range g.Nodes {
		for _, name := range g.Nodes[i].Inputs {
			if need[i] {
				n[name]++
			}
		}
	}
	return n
}

// fuse makes Relu part of the step before it, where that step knows how and
// nothing else needs what it makes, and reports whether it did.
func (c *compiler[T]) fuse(n *node[T]) bool {
	last := len(c.prog.steps) - 1
	if n.Op != "Relu" || len(n.in) != 1 || len(n.Outputs) != 1 || last < 0 || c.uses[n.Inputs[0]] != 1 {
		return false
	}
	s, x := &c.prog.steps[last], n.in[0]
	_, taken := c.vals[n.Outputs[0]]
	if x == nil || x != s.made || s.fn.rectified == nil || taken {
		return false
	}
	s.fn = s.fn.rectified()
	c.vals[n.Outputs[0]] = x
	return true
}

// keep turns a result into an operand. What depends on constants only is
// computed at once.
func (c *compiler[T]) keep(r *result[T]) (*operand[T], error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.same != nil:
		if _, err := c.lim.count(r.shape); err != nil {
			return nil, err
		}
		o := *r.same
		o.shape = r.shape
		return &o, nil
	case r.ints != nil:
		return &operand[T]{shape: r.shape, ints: r.ints, isInt: true, slot: -1}, nil
	case r.data != nil:
		return &operand[T]{shape: r.shape, data: r.data, slot: -1}, nil
	}
	n, err := c.lim.take(r.shape)
	if err != nil {
		return nil, err
	}
	if err := c.lim.spend(n); err != nil {
		return nil, err
	}
	for _, more := range []int{r.fn.tmp, r.fn.extra} {
		if _, err := c.lim.take([]int{more}); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(r.in, func(o *operand[T]) bool { return !o.constant() }) {
		o := &operand[T]{shape: r.shape, slot: -1}
		in := make([][]T, len(r.in))
		for i, o := range r.in {
			in[i] = o.data
		}
		all := make([]T, n+r.fn.extra)
		r.fn.forward(in, all, make([]T, r.fn.tmp))
		o.data = all[:n:n]
		return o, nil
	}
	c.prog.sizes, c.prog.extra = append(c.prog.sizes, n), append(c.prog.extra, r.fn.extra)
	c.prog.tmp = max(c.prog.tmp, r.fn.tmp)
	s := step[T]{fn: r.fn, in: r.in, out: len(c.prog.sizes) - 1}
	if r.fn.backward == nil {
		c.prog.blind = &OpError{c.at.Op, c.at.label(), ml.ErrNoGradient}
	}
	s.made = &operand[T]{shape: r.shape, slot: s.out}
	c.prog.steps = append(c.prog.steps, s)
	return s.made, nil
}
