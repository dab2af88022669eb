package graph

import "slices"

// positions says which inputs of an operator are weights, if they are numbers
// known beforehand. Means and variances of BatchNormalization are statistics,
// and stay as they are.
var positions = map[string][]int{
	"Gemm": {1, 2}, "MatMul": {0, 1}, "Conv": {1, 2}, "ConvTranspose": {1, 2},
	"BatchNormalization": {1, 2}, "InstanceNormalization": {1, 2}, "LayerNormalization": {1, 2},
	"PRelu": {1}, "Add": {0, 1}, "Mul": {0, 1},
}

// carriers hand on weights in another shape or order.
var carriers = []string{"Identity", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze"}

// carries reports whether nd hands on its first input.
func carries(nd *Node) bool {
	return slices.Contains(carriers, nd.Op) && len(nd.Inputs) > 0 && len(nd.Outputs) == 1
}

// Weights returns the names of the constants of g that training changes, in
// the order in which they are used: matrices and biases, kernels, scales and
// shifts of normalizations, slopes of PRelu, and what Add and Mul combine with
// values, unless it is a single number. What Sub and Div use is taken for the
// scaling of inputs and is left alone, and so are attributes.
func Weights(g *Graph) []string {
	from := carry(g)
	var names []string
	for i := range g.Nodes {
		nd := &g.Nodes[i]
		for _, p := range positions[nd.Op] {
			if p >= len(nd.Inputs) {
				continue
			}
			c, ok := from[nd.Inputs[p]]
			if !ok || (nd.Op == "Add" || nd.Op == "Mul") && len(g.Const[c].Float) == 1 || slices.Contains(names, c) {
				continue
			}
			names = append(names, c)
		}
	}
	return names
}

// Clone returns a copy of g that shares no weights with it.
func (g *Graph) Clone() *Graph {
	out := *g
	out.Const = make(map[string]*Tensor, len(g.Const))
	for name, t := range g.Const {
		if t != nil {
			c := *t
			c.Float, c.Int = slices.Clone(t.Float), slices.Clone(t.Int)
			out.Const[name] = &c
		}
	}
	out.Nodes = slices.Clone(g.Nodes)
	out.Inputs, out.Outputs = slices.Clone(g.Inputs), slices.Clone(g.Outputs)
	return &out
}

// lift returns a copy of g in which numbers that nodes make out of nothing
// stand among the constants, so that they can be trained.
func (g *Graph) lift() *Graph {
	out := g.Clone()
	out.Nodes = slices.DeleteFunc(out.Nodes, func(nd Node) bool {
		t := nd.Attr["value"].Tensor
		if nd.Op != "Constant" || t == nil || len(nd.Outputs) != 1 || out.Const[nd.Outputs[0]] != nil {
			return false
		}
		out.Const[nd.Outputs[0]] = &Tensor{Shape: t.Shape, Float: slices.Clone(t.Float), Int: slices.Clone(t.Int)}
		return true
	})
	return out
}
