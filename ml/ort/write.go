package ort

import (
	"fmt"
	"maps"
	"slices"

	"quintain/ml/graph"
)

// opset is the version of the operators that are written, whatever that of the
// file was. It needs version 1.12 of the runtime.
const opset = 17

// The types of elements, as ONNX numbers them.
const (
	typeFloat = 1
	typeBool  = 9
)

type attrs = map[string]graph.Attr

func integer(v int) graph.Attr { return graph.Attr{Int: int64(v)} }

func integers(v ...int) graph.Attr {
	a := graph.Attr{Ints: make([]int64, len(v))}
	for i, x := range v {
		a.Ints[i] = int64(x)
	}
	return a
}

// values are the values of a family of graphs: one name means one value in all
// of them. No name comes from a file.
type values struct {
	shape map[string][]int
	known map[string]*graph.Tensor // constants among them
}

func newValues() *values {
	return &values{make(map[string][]int), make(map[string]*graph.Tensor)}
}

func (v *values) name(shape []int) string {
	s := fmt.Sprintf("v%d", len(v.shape))
	v.shape[s] = shape
	return s
}

// tensor adds a constant.
func (v *values) tensor(t *graph.Tensor) string {
	s := v.name(t.Shape)
	v.known[s] = t
	return s
}

func (v *values) floats(shape []int, x ...float32) string {
	return v.tensor(&graph.Tensor{Shape: shape, Float: x})
}

func (v *values) ints(x ...int) string {
	return v.tensor(&graph.Tensor{Shape: []int{len(x)}, Int: integers(x...).Ints})
}

// A writer writes one graph. What it uses and does not make is an input of it.
type writer struct {
	*values
	g    graph.Graph
	have map[string]bool
}

func newWriter(v *values) *writer {
	return &writer{
		values: v, have: make(map[string]bool),
		g: graph.Graph{Opset: opset, Const: make(map[string]*graph.Tensor), Shapes: make(map[string][]int)},
	}
}

// node adds a node with outputs of the given shapes.
func (w *writer) node(op string, a attrs, in []string, shapes ...[]int) (out []string) {
	for _, name := range in {
		switch t := w.known[name]; {
		case name == "" || w.have[name]:
			continue
		case t != nil:
			w.g.Const[name] = t
		default:
			w.g.Inputs = append(w.g.Inputs, graph.Port{Name: name, Shape: w.shape[name]})
		}
		w.have[name] = true
	}
	for _, s := range shapes {
		out = append(out, w.name(s))
		w.have[out[len(out)-1]] = true
	}
	w.g.Nodes = append(w.g.Nodes, graph.Node{Op: op, Name: op + " " + out[0], Inputs: in, Outputs: out, Attr: a})
	return out
}

// op adds a node with one output.
func (w *writer) op(op string, shape []int, a attrs, in ...string) string {
	return w.node(op, a, in, shape)[0]
}

// output makes a value an output.
func (w *writer) output(name string) {
	w.g.Outputs = append(w.g.Outputs, name)
	w.g.Shapes[name] = w.shape[name]
}

// prune takes out what the outputs do not depend on.
func (w *writer) prune() {
	used := make(map[string]bool)
	for _, name := range w.g.Outputs {
		used[name] = true
	}
	var kept []graph.Node
	for _, nd := range slices.Backward(w.g.Nodes) {
		if slices.ContainsFunc(nd.Outputs, func(o string) bool { return used[o] }) {
			kept = append(kept, nd)
			for _, name := range nd.Inputs {
				used[name] = true
			}
		}
	}
	slices.Reverse(kept)
	w.g.Nodes = kept
	w.g.Inputs = slices.DeleteFunc(w.g.Inputs, func(p graph.Port) bool { return !used[p.Name] })
	maps.DeleteFunc(w.g.Const, func(name string, _ *graph.Tensor) bool { return !used[name] })
}

// reshape gives x another shape.
func (w *writer) reshape(x string, shape ...int) string {
	if slices.Equal(w.shape[x], shape) {
		return x
	}
	return w.op("Reshape", shape, nil, x, w.ints(shape...))
}

// expand repeats x.
func (w *writer) expand(x string, shape []int) string {
	return w.op("Expand", shape, nil, x, w.ints(shape...))
}

// num is a number.
func (w *writer) num(v float32) string { return w.floats(nil, v) }

// map2 applies an operator to two values, which stretch to a common shape.
func (w *writer) map2(op, a, b string) string {
	p, q := w.shape[a], w.shape[b]
	if len(p) < len(q) {
		p, q = q, p
	}
	shape := slices.Clone(p)
	for i, d := range q {
		if at := i + len(p) - len(q); shape[at] == 1 {
			shape[at] = d
		}
	}
	return w.op(op, shape, nil, a, b)
}

func (w *writer) mul(a, b string) string { return w.map2("Mul", a, b) }
func (w *writer) add(a, b string) string { return w.map2("Add", a, b) }
func (w *writer) sub(a, b string) string { return w.map2("Sub", a, b) }

// map1 applies an operator to every number.
func (w *writer) map1(op, a string) string { return w.op(op, w.shape[a], nil, a) }

// where takes a where the truth value c is true, else b. Its shape is that of x.
func (w *writer) where(x, c, a, b string) string { return w.op("Where", w.shape[x], nil, c, a, b) }

// gate is x where the truth value c is true, else 0. It is several times as fast
// as Where.
func (w *writer) gate(c, x string) string { return w.mul(w.cast(c, typeFloat), x) }

func (w *writer) cast(x string, typ int) string {
	return w.op("Cast", w.shape[x], attrs{"to": integer(typ)}, x)
}

// sum adds up along dimensions, which become 1.
func (w *writer) sum(x string, along ...int) string {
	return w.op("ReduceSum", flat(w.shape[x], along), nil, x, w.ints(along...))
}

// mean is sum, divided by the number of terms.
func (w *writer) mean(x string, along ...int) string {
	return w.op("ReduceMean", flat(w.shape[x], along), attrs{"axes": integers(along...)}, x)
}

// flat returns shape with the dimensions along set to 1.
func flat(shape, along []int) []int {
	out := slices.Clone(shape)
	for _, a := range along {
		out[a] = 1
	}
	return out
}

// sumTo undoes the stretching of a value of the given shape to that of d.
func (w *writer) sumTo(d string, shape []int) string {
	var along []int
	from := w.shape[d]
	for i, n := range from {
		at := i - len(from) + len(shape)
		if n != 1 && (at < 0 || shape[at] == 1) {
			along = append(along, i)
		}
	}
	if along != nil {
		d = w.sum(d, along...)
	}
	return w.reshape(d, shape...)
}

// turn puts dimensions in the order perm.
func (w *writer) turn(x string, perm []int) string {
	shape := make([]int, len(perm))
	for i, p := range perm {
		shape[i] = w.shape[x][p]
	}
	return w.op("Transpose", shape, attrs{"perm": integers(perm...)}, x)
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
