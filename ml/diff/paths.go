package diff

import "slices"

// What lies between a layer and the next.
var (
	// bends make of each unit's value another one, and end the layer.
	bends = []string{"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Softplus", "Softsign", "Clip", "Mish"}

	// keeps hand on units in their order.
	keeps = []string{
		"BatchNormalization", "Dropout", "Identity", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
		"Flatten", "Reshape", "Squeeze", "Unsqueeze", "Pad", "Cast",
	}

	// joins hand on units in their order if all else is constant.
	joins = []string{"Add", "Sub", "Mul", "Div"}
)

const (
	maxSteps = 64 // how far units are followed
	maxNext  = 16 // layers that read them
)

// onward reports whether node i hands on the units of a value that it reads.
func (s *side) onward(i int, value string) bool {
	nd := &s.g.Nodes[i]
	if len(nd.Outputs) == 0 || len(nd.Inputs) == 0 {
		return false
	}
	if slices.Contains(joins, nd.Op) {
		return !slices.ContainsFunc(nd.Inputs, func(in string) bool { return in != value && s.g.Const[in] == nil })
	}
	return nd.Inputs[0] == value && (slices.Contains(bends, nd.Op) || slices.Contains(keeps, nd.Op))
}

// next returns the layers that read the units of node i, and whether they are
// what the graph gives.
func (s *side) next(i int) (layers []int, last bool) {
	values := s.g.Nodes[i].Outputs[:min(1, len(s.g.Nodes[i].Outputs))]
	seen := make(map[int]bool)
	for step := 0; step < len(values) && step < maxSteps; step++ {
		v := values[step]
		last = last || slices.Contains(s.g.Outputs, v)
		for _, j := range s.used[v] {
			switch {
			case seen[j] || len(layers) == maxNext:
			case s.matrix(j) != nil && s.g.Nodes[j].Inputs[0] == v && s.g.Nodes[j].Attr["group"].Int <= 1:
				layers = append(layers, j)
			case s.onward(j, v):
				values = append(slices.Clip(values), s.g.Nodes[j].Outputs[0])
			}
			seen[j] = true
		}
	}
	return layers, last && layers == nil
}

// active returns the value that the units of node i give the next layer: what
// comes out of the function behind it, or the node's own if there is none.
func (s *side) active(i int) string {
	if len(s.g.Nodes[i].Outputs) == 0 {
		return ""
	}
	own := s.g.Nodes[i].Outputs[0]
	v := own
	for range maxSteps {
		readers := s.used[v]
		if len(readers) != 1 || !s.onward(readers[0], v) {
			return own
		}
		nd := &s.g.Nodes[readers[0]]
		v = nd.Outputs[0]
		if slices.Contains(bends, nd.Op) {
			return v
		}
	}
	return own
}

// bias returns what is added to the units of node i, or nil.
func (s *side) bias(i, units int) []float32 {
	nd := &s.g.Nodes[i]
	var names []string
	if len(nd.Inputs) > 2 {
		names = nd.Inputs[2:3]
	} else if len(nd.Outputs) > 0 && len(s.used[nd.Outputs[0]]) == 1 {
		if add := &s.g.Nodes[s.used[nd.Outputs[0]][0]]; add.Op == "Add" {
			names = add.Inputs
		}
	}
	for _, name := range names {
		if t := s.g.Const[name]; t != nil && len(t.Float) == units {
			return t.Float
		}
	}
	return nil
}
