package onnx

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/ml/graph"
)

// What the files say of themselves.
const (
	irVersion = 8
	producer  = "quintain"
	mlVersion = 3 // of the operators of classic machine learning
)

// The types of attributes, as ONNX numbers them.
const (
	attrFloat   = 1
	attrInt     = 2
	attrString  = 3
	attrTensor  = 4
	attrFloats  = 6
	attrInts    = 7
	attrStrings = 8
)

// Marshal writes g as an ONNX file that [Parse] reads back. The same graph gives
// the same bytes. Outputs are described as g says, else as rows of numbers, or, for the first of
// two outputs of a classifier of classic machine learning, as labels. An error
// wraps [graph.ErrInvalid]: a constant does not fit its shape.
func Marshal(g *graph.Graph) ([]byte, error) {
	var w writer
	if err := w.graph(g); err != nil {
		return nil, err
	}
	var b writer
	b.number(1, irVersion)
	b.text(2, producer)
	b.bytes(7, w)
	domains := map[string]int{"": g.Opset}
	for _, nd := range g.Nodes {
		switch domain, _ := split(nd.Op); domain {
		case "":
		case "ai.onnx.ml":
			domains[domain] = mlVersion
		default:
			domains[domain] = 1
		}
	}
	for _, d := range slices.Sorted(maps.Keys(domains)) {
		var o writer
		o.text(1, d)
		o.number(2, uint64(domains[d]))
		b.bytes(8, o)
	}
	return b, nil
}

// split divides an operator's name into domain and type.
func split(op string) (domain, typ string) {
	if i := strings.LastIndexByte(op, '.'); i >= 0 {
		return op[:i], op[i+1:]
	}
	return "", op
}

// A writer is a message that is being written.
type writer []byte

func (w *writer) number(field protowire.Number, v uint64) {
	*w = protowire.AppendVarint(protowire.AppendTag(*w, field, protowire.VarintType), v)
}

func (w *writer) text(field protowire.Number, s string) { w.bytes(field, []byte(s)) }

func (w *writer) bytes(field protowire.Number, b []byte) {
	*w = protowire.AppendBytes(protowire.AppendTag(*w, field, protowire.BytesType), b)
}

func (w *writer) float(field protowire.Number, v float32) {
	*w = protowire.AppendFixed32(protowire.AppendTag(*w, field, protowire.Fixed32Type), math.Float32bits(v))
}

func (w *writer) graph(g *graph.Graph) error {
	for i := range g.Nodes {
		b, err := writeNode(&g.Nodes[i])
		if err != nil {
			return err
		}
		w.bytes(1, b)
	}
	w.text(2, "graph")
	for _, name := range slices.Sorted(maps.Keys(g.Const)) {
		t, err := writeTensor(name, g.Const[name])
		if err != nil {
			return err
		}
		w.bytes(5, t)
	}
	for _, p := range g.Inputs {
		w.bytes(11, describe(p.Name, typeFloat, p.Shape))
	}
	for i, name := range g.Outputs {
		if i == 0 && len(g.Outputs) == 2 && labels(g, name) {
			w.bytes(12, describe(name, typeInt64, []int{-1}))
			continue
		}
		shape, ok := g.Shapes[name]
		if !ok {
			shape = []int{-1, -2}
		}
		w.bytes(12, describe(name, typeFloat, shape))
	}
	return nil
}

// labels reports whether a classifier makes name as its labels.
func labels(g *graph.Graph, name string) bool {
	return slices.ContainsFunc(g.Nodes, func(nd graph.Node) bool {
		return strings.HasPrefix(nd.Op, "ai.onnx.ml.") && len(nd.Outputs) == 2 && nd.Outputs[0] == name
	})
}

// describe writes what is known of an input or output. Open dimensions that
// are the same number are the same.
func describe(name string, typ uint64, shape []int) []byte {
	var dims, tensor, kind, info writer
	for _, d := range shape {
		var dim writer
		if d < 0 {
			dim.text(2, [...]string{"batch", "columns"}[min(-d, 2)-1])
		} else {
			dim.number(1, uint64(d))
		}
		dims.bytes(1, dim)
	}
	tensor.number(1, typ)
	tensor.bytes(2, dims)
	kind.bytes(1, tensor)
	info.text(1, name)
	info.bytes(2, kind)
	return info
}

func writeNode(nd *graph.Node) ([]byte, error) {
	var w writer
	for _, in := range nd.Inputs {
		w.text(1, in)
	}
	for _, out := range nd.Outputs {
		w.text(2, out)
	}
	domain, typ := split(nd.Op)
	w.text(3, nd.Name)
	w.text(4, typ)
	for _, name := range slices.Sorted(maps.Keys(nd.Attr)) {
		b, err := writeAttr(name, nd.Attr[name])
		if err != nil {
			return nil, &graph.OpError{Op: nd.Op, Node: nd.Name, Err: err}
		}
		w.bytes(5, b)
	}
	if domain != "" {
		w.text(7, domain)
	}
	return w, nil
}

// An attribute whose value is zero or empty does not show which type it has;
// these are not integers.
var (
	floatAttrs = []string{"alpha", "beta", "gamma", "epsilon", "momentum", "ratio", "lambd", "bias", "extrapolation_value", "cubic_coeff_a", "min", "max"}
	textAttrs  = []string{"auto_pad", "mode", "post_transform", "direction", "norm", "aggregate_function", "reduction", "equation"}
)

func writeAttr(name string, a graph.Attr) ([]byte, error) {
	var w writer
	w.text(1, name)
	typ := uint64(attrInt)
	switch {
	case a.Tensor != nil:
		typ = attrTensor
		t, err := writeTensor("", a.Tensor)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		w.bytes(5, t)
	case a.Floats != nil:
		typ = attrFloats
		var list []byte
		for _, v := range a.Floats {
			list = protowire.AppendFixed32(list, math.Float32bits(v))
		}
		w.bytes(7, list)
	case a.Ints != nil:
		typ = attrInts
		var list []byte
		for _, v := range a.Ints {
			list = protowire.AppendVarint(list, uint64(v))
		}
		w.bytes(8, list)
	case a.Texts != nil:
		typ = attrStrings
		for _, s := range a.Texts {
			w.text(9, s)
		}
	case a.Text != "" || slices.Contains(textAttrs, name):
		typ = attrString
		w.text(4, a.Text)
	case a.Float != 0 || a.Int == 0 && slices.Contains(floatAttrs, name):
		typ = attrFloat
		w.float(2, a.Float)
	default:
		w.number(3, uint64(a.Int))
	}
	w.number(20, typ)
	return w, nil
}

func writeTensor(name string, t *graph.Tensor) ([]byte, error) {
	if t == nil {
		return nil, fmt.Errorf("onnx: %w: no constant %q", graph.ErrInvalid, name)
	}
	var w writer
	n := 1
	for _, d := range t.Shape {
		if d < 0 || d > 0 && n > math.MaxInt32/d {
			return nil, fmt.Errorf("onnx: %w: constant %q of shape %v", graph.ErrInvalid, name, t.Shape)
		}
		n *= d
		w.number(1, uint64(d))
	}
	if n != len(t.Int)+len(t.Float) || t.Int != nil && t.Float != nil {
		return nil, fmt.Errorf("onnx: %w: constant %q has %d elements for shape %v", graph.ErrInvalid, name, len(t.Int)+len(t.Float), t.Shape)
	}
	var raw []byte
	typ := uint64(typeFloat)
	if t.Int != nil {
		typ = typeInt64
		for _, v := range t.Int {
			raw = protowire.AppendFixed64(raw, uint64(v))
		}
	}
	for _, v := range t.Float {
		raw = protowire.AppendFixed32(raw, math.Float32bits(v))
	}
	w.number(2, typ)
	w.text(8, name)
	w.bytes(9, raw)
	return w, nil
}
