package graph

// A Kind says what weights are for.
type Kind int

// The kinds of weights.
const (
	Matrix Kind = iota // of a layer or a convolution, or the bias beside it
	Scale              // factors
	Shift              // sums
	Slope              // of PRelu
)

// A Role is what weights do in a graph.
type Role struct {
	Kind  Kind
	FanIn int // numbers that one output of the layer is made from, for a Matrix
}

// RoleOf returns the role of one of the weights that [Weights] names, where it
// is first used.
func RoleOf(g *Graph, name string) Role {
	names := map[string]bool{name: true}
	carried := carry(g)
	for v, c := range carried {
		names[v] = c == name
	}
	for i := range g.Nodes {
		nd := &g.Nodes[i]
		for _, p := range positions[nd.Op] {
			if p < len(nd.Inputs) && names[nd.Inputs[p]] {
				return nd.role(g, p, carried)
			}
		}
	}
	return Role{}
}

// carry returns which constant every value is that is one, perhaps in another
// shape or order.
func carry(g *Graph) map[string]string {
	from := make(map[string]string)
	for name, t := range g.Const {
		if t != nil && t.Int == nil && len(t.Float) > 0 {
			from[name] = name
		}
	}
	for i := range g.Nodes {
		nd := &g.Nodes[i]
		if carries(nd) {
			if c, ok := from[nd.Inputs[0]]; ok {
				from[nd.Outputs[0]] = c
			}
		}
	}
	return from
}

// role returns the role of input p.
func (nd *Node) role(g *Graph, p int, carried map[string]string) Role {
	switch nd.Op {
	case "Gemm", "MatMul", "Conv", "ConvTranspose":
		if nd.Op != "MatMul" {
			p = 1 // a bias goes by the weights beside it
		}
		t := g.Const[carried[nd.Inputs[p]]]
		if t == nil {
			return Role{Kind: Shift}
		}
		return Role{Kind: Matrix, FanIn: nd.fanIn(t.Shape, nd.Inputs[p] == carried[nd.Inputs[p]])}
	case "PRelu":
		return Role{Kind: Slope}
	case "Mul":
		return Role{Kind: Scale}
	case "Add":
		return Role{Kind: Shift}
	}
	if p == 1 {
		return Role{Kind: Scale}
	}
	return Role{Kind: Shift}
}

// fanIn returns how many numbers one output is made from, where weights have
// the given shape; plain tells that they are used in the order in which they
// stand.
func (nd *Node) fanIn(shape []int, plain bool) int {
	switch {
	case len(shape) < 2:
		return size(shape)
	case nd.Op == "Conv", nd.Op == "ConvTranspose":
		return size(shape[1:]) // PyTorch's convention for both
	case (nd.Op == "Gemm" && nd.Attr["transB"].Int != 0) == plain:
		return shape[len(shape)-1]
	}
	return shape[len(shape)-2]
}
