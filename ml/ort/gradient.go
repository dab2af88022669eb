package ort

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"quintain/ml/graph"
)

// Graphs are what a net computes for one batch, as ONNX.
type graphs struct {
	forward *graph.Graph // from the rows to the logits

	// The same and then other values on the way; and the graph from those, the
	// rows, and the gradient with respect to the logits to that with respect to
	// the rows. Both are nil if there is no gradient.
	ahead, back *graph.Graph
}

// A use is one step of a plan while it is written.
type use struct {
	*writer
	*graph.Step
	plan   *graph.Plan
	rule   rule
	in     []string // names of the inputs; empty where one is left out
	out    string
	varies []bool // which inputs depend on the rows
}

// A rule says how an operator and its gradient are written. Forward returns the
// output. Back is given the gradient with respect to the output and returns
// those with respect to the inputs, empty where there is none; what does not
// vary needs none.
type rule struct {
	most    int // inputs that matter
	forward func(u *use) string
	back    func(u *use, d string) []string
}

// many is how many inputs matter of an operator that takes any number.
const many = math.MaxInt

// lower writes p as graphs, with the gradient if asked. An error is an
// [*graph.OpError] that wraps [graph.ErrUnsupported].
func lower(p *graph.Plan, gradient bool) (*graphs, error) {
	v, names := newValues(), make(map[string]string)
	batch, logits := p.Shape[p.Input], p.Shape[p.Output]
	x := v.name(batch)
	names[p.Input] = x
	f := newWriter(v)
	var uses []*use
	for i := range p.Steps {
		s := &p.Steps[i]
		u := &use{writer: f, Step: s, plan: p, rule: ruleOf(s)}
		for _, name := range u.given() {
			if t := p.Const[name]; t != nil && names[name] == "" {
				names[name] = v.tensor(numbers(t))
			}
			u.in, u.varies = append(u.in, names[name]), append(u.varies, name != "" && p.Const[name] == nil)
		}
		if u.rule.forward == nil || size(u.outShape()) == 0 || u.Op == "AveragePool" && size(u.poolWindow().kernel) > maxOnes {
			return nil, u.unsupported()
		}
		u.out = u.rule.forward(u)
		names[s.Output] = u.out
		uses = append(uses, u)
	}
	flat := []int{batch[0], size(logits) / batch[0]}
	z := f.op("Reshape", flat, nil, names[p.Output], f.ints(flat...))
	f.output(z)
	out := &graphs{forward: &f.g}
	if gradient {
		d := v.name(flat)
		b := differentiate(v, uses, x, names[p.Output], d)
		b.prune()
		saved := slices.DeleteFunc(b.g.Inputs, func(p graph.Port) bool { return p.Name == x || p.Name == d })
		b.g.Inputs = append(saved, graph.Port{Name: x, Shape: batch}, graph.Port{Name: d, Shape: flat})
		ahead := *f
		ahead.g.Outputs, ahead.g.Shapes = slices.Clone(f.g.Outputs), maps.Clone(f.g.Shapes)
		for _, p := range saved {
			ahead.output(p.Name)
		}
		out.ahead, out.back = &ahead.g, &b.g
	}
	return out, nil
}

// differentiate writes the graph from d, the gradient with respect to out, to
// that with respect to x.
func differentiate(v *values, uses []*use, x, out, d string) *writer {
	b := newWriter(v)
	grad := map[string]string{out: b.reshape(d, v.shape[out]...)}
	for _, u := range slices.Backward(uses) {
		d, u.writer = grad[u.out], b
		if d == "" || u.out == u.in[0] { // nothing asks, or nothing was done
			continue
		}
		for i, g := range u.rule.back(u, d) {
			switch to := u.in[i]; {
			case g == "" || !u.varies[i]:
			case grad[to] == "":
				grad[to] = g
			default:
				grad[to] = b.add(grad[to], g)
			}
		}
	}
	if grad[x] == "" {
		grad[x] = b.expand(b.num(0), v.shape[x])
	}
	rows := v.shape[x][0]
	flat := []int{rows, size(v.shape[x]) / rows}
	b.output(b.op("Reshape", flat, nil, grad[x], b.ints(flat...)))
	return b
}

// given returns the inputs that matter, to the last one that is not left out.
func (u *use) given() []string {
	in := u.Inputs[:min(u.rule.most, len(u.Inputs))]
	for len(in) > 0 && in[len(in)-1] == "" {
		in = in[:len(in)-1]
	}
	return in
}

// numbers returns t with its integers as numbers.
func numbers(t *graph.Tensor) *graph.Tensor {
	if t.Int == nil {
		return t
	}
	out := &graph.Tensor{Shape: t.Shape, Float: make([]float32, len(t.Int))}
	for i, v := range t.Int {
		out.Float[i] = float32(v)
	}
	return out
}

func (u *use) unsupported() error {
	return &graph.OpError{Op: u.Op, Node: u.label(), Err: fmt.Errorf("%w: it or its gradient has no spelling in ONNX here", graph.ErrUnsupported)}
}

func (u *use) label() string {
	if u.Name == "" {
		return u.Output
	}
	return u.Name
}

// outShape returns the shape of the step's output.
func (u *use) outShape() []int { return u.plan.Shape[u.Output] }

// inShape returns the shape of input i.
func (u *use) inShape(i int) []int { return u.shape[u.in[i]] }

// constant returns input i, if it is given and constant.
func (u *use) constant(i int) *graph.Tensor {
	if i < 0 || i >= len(u.Inputs) {
		return nil
	}
	return u.plan.Const[u.Inputs[i]]
}

// int returns the attribute name, or def.
func (u *use) int(name string, def int) int {
	if a, ok := u.Attr[name]; ok {
		return int(a.Int)
	}
	return def
}

// flag returns whether the attribute name is set, as 0 or 1.
func (u *use) flag(name string) int {
	if u.Attr[name].Int != 0 {
		return 1
	}
	return 0
}

// float returns the attribute name, or def.
func (u *use) float(name string, def float32) float32 {
	if a, ok := u.Attr[name]; ok {
		return a.Float
	}
	return def
}

// list returns integers that are the attribute name or the constant input i.
func (u *use) list(name string, i int) []int {
	from := u.Attr[name].Ints
	if t := u.constant(i); t != nil && u.Attr[name].Ints == nil {
		from = t.Int
	}
	out := make([]int, len(from))
	for i, v := range from {
		out[i] = int(v)
	}
	return out
}
