package graph

import (
	"context"
	"fmt"
	"slices"
)

// A Layer is an affine map of what the layer before it gives, followed by Relu
// where it says so.
type Layer struct {
	W    [][]float64 // a row of weights for each output
	B    []float64
	Relu bool
}

const (
	maxChain = 1 << 23 // weights that the layers of a chain may have, written as matrices
	maxProbe = 1 << 31 // operations to find those of one layer
)

// views change the shape of their first input and nothing else.
var views = []string{"Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze"}

// affine are the operators that are affine maps if all inputs but one are
// constant. In single precision each of them computes sums of products and
// nothing that cancels in between.
var affine = []string{
	"Gemm", "MatMul", "Conv", "AveragePool", "GlobalAveragePool", "Add", "Sub", "Mul", "Div", "Neg", "Transpose",
	"ai.onnx.ml.Scaler", "ai.onnx.ml.LinearClassifier",
}

// Chain writes the model as layers, at least one, that map one input to its
// logits one after the other. An error wraps [ErrUnsupported] if the model is no such chain, or
// [ErrTooLarge].
func (n *Net) Chain(ctx context.Context) ([]Layer, error) {
	if n.fixed && n.chunk != 1 {
		return nil, unsupportedf("a batch of %d rows as a chain", n.chunk)
	}
	c := &chainer{n: n, varies: map[string]bool{n.in.Name: true}}
	if err := c.trace(); err != nil {
		return nil, err
	}
	for i, nd := range c.path {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := c.add(ctx, nd, c.from[i]); err != nil {
			return nil, &OpError{nd.Op, nd.label(), err}
		}
	}
	if len(c.layers) == 0 {
		return nil, unsupportedf("a model without weights as a chain")
	}
	if n.one {
		c.layers = append(c.layers, Layer{W: [][]float64{{0}, {1}}, B: []float64{0, 0}})
	}
	return c.layers, nil
}

// A chainer finds the layers of a net.
type chainer struct {
	n      *Net
	varies map[string]bool // values that depend on the input
	fixed  []Node          // nodes that do not
	path   []*Node         // from the input to the logits
	from   []string        // the input of each of them that varies
	layers []Layer
	size   int
}

// trace finds the one path from the input to the logits.
func (c *chainer) trace() error {
	maker := make(map[string]*Node)
	for i := range c.n.g.Nodes {
		nd := &c.n.g.Nodes[i]
		varies := slices.ContainsFunc(nd.Inputs, func(in string) bool { return c.varies[in] })
		if !varies {
			c.fixed = append(c.fixed, *nd)
		}
		for _, out := range nd.Outputs {
			maker[out] = nd
			c.varies[out] = varies
		}
	}
	for name := c.n.out; name != c.n.in.Name; {
		nd := maker[name]
		if nd == nil || len(c.path) > len(c.n.g.Nodes) {
			return unsupportedf("output %q as a chain from the input", c.n.out)
		}
		from := ""
		for _, in := range nd.Inputs {
			switch {
			case !c.varies[in] || from != "" && slices.Contains(views, nd.Op):
			case from != "":
				return &OpError{nd.Op, nd.label(), unsupportedf("a second way to the output")}
			default:
				from = in
			}
		}
		c.path, c.from = append(c.path, nd), append(c.from, from)
		name = from
	}
	slices.Reverse(c.path)
	slices.Reverse(c.from)
	return nil
}

// add adds what nd makes of its input called from.
func (c *chainer) add(ctx context.Context, nd *Node, from string) error {
	switch {
	case slices.Contains(views, nd.Op) || nd.Op == "Cast" && nd.Attr["to"].Int == 1:
		return nil
	case nd.Op == "Relu":
		if len(c.layers) == 0 {
			return unsupportedf("at the input")
		}
		c.layers[len(c.layers)-1].Relu = true
		return nil
	case !slices.Contains(affine, nd.Op) || nd.Op == "Div" && from != nd.Inputs[0] || nd.bends():
		return unsupportedf("in a chain of affine maps and Relu")
	}
	in, err := compile[float64](c.n.g, c.n.in.Name, append([]int{1}, c.n.spec.Shape...), from, c.limits(), nil)
	if err != nil {
		return err
	}
	g := &Graph{Opset: c.n.g.Opset, Const: c.n.g.Const, Nodes: append(slices.Clone(c.fixed), *nd)}
	out := nd.Outputs[0]
	if len(nd.Outputs) > 1 { // labels and scores
		out = nd.Outputs[1]
	}
	p, err := compile[float64](g, from, in.out.shape, out, c.limits(), nil)
	if err != nil {
		return err
	}
	inputs, outputs := size(in.out.shape), size(p.out.shape)
	switch {
	case inputs == 0 || outputs == 0:
		return unsupportedf("nothing in a chain")
	case inputs > (maxChain-c.size)/outputs:
		return fmt.Errorf("%w: more than %d weights as matrices", ErrTooLarge, maxChain)
	case inputs > maxProbe/(inputs*outputs):
		return fmt.Errorf("%w: a matrix of %d by %d weights", ErrTooLarge, outputs, inputs)
	}
	c.size += inputs * outputs
	l, err := probe(ctx, newMachine(p), inputs, outputs)
	c.layers = append(c.layers, l)
	return err
}

// bends reports whether nd makes something of its scores.
func (nd *Node) bends() bool {
	post := nd.Attr["post_transform"].Text
	return post != "" && post != "NONE" && post != rawScores
}

func (c *chainer) limits() limits { return limits{values: c.n.o.MaxValues, work: c.n.o.MaxWork} }

// probe finds the weights of an affine map by asking it about zero and about
// every unit vector.
func probe(ctx context.Context, m *machine[float64], inputs, outputs int) (Layer, error) {
	l := Layer{W: make([][]float64, outputs)}
	in := m.val[0]
	clear(in)
	zero, err := m.forward(ctx)
	if err != nil {
		return l, err
	}
	l.B = slices.Clone(zero)
	for j := range l.W {
		l.W[j] = make([]float64, inputs)
	}
	for i := range inputs {
		clear(in)
		in[i] = 1
		z, err := m.forward(ctx)
		if err != nil {
			return l, err
		}
		for j, v := range z {
			l.W[j][i] = v - l.B[j]
		}
	}
	return l, nil
}
