package graph

import "slices"

// A Plan is what a net computes for some rows that are run together, for
// engines that run it elsewhere. All that does not depend on the rows is worked
// out: shapes, arithmetic on them, and what operators make of constants.
type Plan struct {
	Opset  int              // version of the ONNX operators
	Input  string           // the rows
	Output string           // the logits; one for each row are the log odds of class 1
	Shape  map[string][]int // of the input and of what the steps make
	Steps  []Step           // in order
	Const  map[string]*Tensor
}

// A Step makes one value that depends on the input.
type Step struct {
	*Node
	Output string
	Same   bool // it is the first input of the node in another shape, or
	Mix    *Mix // made of the first input so, if not nil
}

// A Mix makes every number of a value a sum of numbers of another.
type Mix struct {
	Terms  int       // of each sum
	From   []int32   // the places of the terms of the first number, of the second, and so on
	Weight []float32 // of the terms; nil if all are 1
	Empty  float32   // stands for what is taken from a negative place
}

// Plan returns what n computes for as many rows as it runs together. It costs
// as much memory as one run.
func (n *Net) Plan() (*Plan, error) {
	c, err := compiled[float32](n.g, n.in.Name, append([]int{n.chunk}, n.spec.Shape...), n.out, n.limits(n.chunk), nil)
	if err != nil {
		return nil, err
	}
	if c.prog.out.constant() {
		return nil, unsupportedf("logits that do not depend on the input")
	}
	p := &Plan{
		Opset: n.g.Opset, Input: n.in.Name, Output: n.out,
		Shape: make(map[string][]int), Const: make(map[string]*Tensor),
	}
	for name, o := range c.vals {
		if o.constant() {
			p.Const[name] = &Tensor{Shape: o.shape, Int: o.ints, Float: o.data}
		} else {
			p.Shape[name] = o.shape
		}
	}
	for i := range n.g.Nodes {
		nd := &n.g.Nodes[i]
		for _, out := range nd.Outputs {
			if o := c.vals[out]; o != nil && !o.constant() {
				p.Steps = append(p.Steps, c.step(nd, out, o))
			}
		}
	}
	return p, nil
}

// step describes how nd makes o, its output called out.
func (c *compiler[T]) step(nd *Node, out string, o *operand[T]) Step {
	s := Step{Node: nd, Output: out}
	if in := c.vals[nd.Inputs[0]]; in != nil && in.slot == o.slot {
		s.Same = nd.Op != "Relu" // which may be part of the step before
	} else if fn := c.prog.steps[o.slot-1].fn; fn.mix != nil { // every step makes one slot
		s.Mix = fn.mix()
	}
	return s
}

// mix writes sums with as many terms each.
func (s *sums[T]) mix() *Mix {
	m := &Mix{}
	for i := range len(s.first) - 1 {
		m.Terms = max(m.Terms, int(s.first[i+1]-s.first[i]))
	}
	for i := range len(s.first) - 1 {
		lo, hi := s.first[i], s.first[i+1]
		m.From = append(m.From, s.from[lo:hi]...)
		m.From = append(m.From, slices.Repeat([]int32{0}, m.Terms-int(hi-lo))...)
		for _, w := range s.weight[lo:hi] {
			m.Weight = append(m.Weight, float32(w))
		}
		m.Weight = append(m.Weight, make([]float32, m.Terms-int(hi-lo))...)
	}
	return m
}
