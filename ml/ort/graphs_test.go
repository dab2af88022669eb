package ort

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// models are the golden ones.
var models = []string{"mlp", "cnn", "even", "resnet", "attention", "grow", "choose"}

func netOf(t testing.TB, path string) *graph.Net {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata", path+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// An opCase is a net of one operator. Of its inputs, x is the rows; "x" alone
// if there are none.
type opCase struct {
	op      string
	shape   []int // of a row
	attr    attrs
	inputs  []string
	consts  map[string]*graph.Tensor
	opset   int  // 17 if 0
	library bool // the graph of the gradient has operators that our own engine lacks
}

func (c opCase) String() string { return fmt.Sprintf("%s of %v with %v", c.op, c.shape, c.attr) }

func (c opCase) net(t testing.TB) *graph.Net {
	t.Helper()
	net, err := c.compile()
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	return net
}

func (c opCase) compile() (*graph.Net, error) {
	if c.inputs == nil {
		c.inputs = []string{"x"}
	}
	if c.opset == 0 {
		c.opset = 17
	}
	outs := []string{"y"}
	if c.op == "Split" {
		outs = []string{"", "y"}
	}
	return graph.Compile(&graph.Graph{
		Opset: c.opset, Const: c.consts, Inputs: []graph.Port{{Name: "x", Shape: append([]int{-1}, c.shape...)}}, Outputs: []string{"z"},
		Nodes: []graph.Node{
			{Op: c.op, Name: "n", Inputs: c.inputs, Outputs: outs, Attr: c.attr},
			{Op: "Flatten", Inputs: []string{"y"}, Outputs: []string{"z"}},
		},
	}, graph.Options{Workers: 1})
}

func some(shape ...int) *graph.Tensor {
	rng := rand.New(rand.NewPCG(3, uint64(len(shape))))
	t := &graph.Tensor{Shape: shape, Float: make([]float32, size(shape))}
	for i := range t.Float {
		t.Float[i] = rng.Float32() + 0.25
	}
	return t
}

func whole(v ...int) *graph.Tensor {
	return &graph.Tensor{Shape: []int{len(v)}, Int: integers(v...).Ints}
}

type consts = map[string]*graph.Tensor

func float(v float32) graph.Attr { return graph.Attr{Float: v} }

func saying(s string) graph.Attr { return graph.Attr{Text: s} }

// opCases are every operator that can be written, in every way in which it is
// written.
func opCases() []opCase {
	var out []opCase
	for _, op := range []string{"Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Exp", "Erf", "Neg", "Softplus", "HardSigmoid", "HardSwish", "Identity", "Dropout", "Sum", "Max"} {
		out = append(out, opCase{op: op, shape: []int{3, 4}})
	}
	out = append(out,
		opCase{op: "LeakyRelu", shape: []int{5}, attr: attrs{"alpha": float(0.3)}},
		opCase{op: "Elu", shape: []int{5}, attr: attrs{"alpha": float(0.5)}},
		opCase{op: "Selu", shape: []int{5}, attr: attrs{"alpha": float(1.5), "gamma": float(2)}},
		opCase{op: "HardSigmoid", shape: []int{5}, attr: attrs{"alpha": float(0.5), "beta": float(0.3)}},
		opCase{op: "Abs", shape: []int{5}, library: true},
		opCase{op: "Clip", shape: []int{5}, inputs: []string{"x", "low", "high"}, consts: consts{"low": {Float: []float32{-1}}, "high": {Float: []float32{0.5}}}},
		opCase{op: "Clip", shape: []int{5}, attr: attrs{"min": float(-0.5)}, opset: 6},
		opCase{op: "Cast", shape: []int{5}, attr: attrs{"to": integer(1)}},
	)
	for _, op := range []string{"Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Sum", "Greater", "Equal"} {
		for _, shape := range [][]int{{3, 4}, {4}, {1, 3, 1}, nil} {
			if op == "PRelu" && len(shape) == 3 {
				shape = []int{3, 1}
			}
			out = append(out, opCase{op: op, shape: []int{3, 4}, inputs: []string{"x", "b"}, consts: consts{"b": some(shape...)}})
		}
	}
	for _, op := range []string{"Sub", "Div", "Mul", "Less", "LessOrEqual", "GreaterOrEqual"} {
		out = append(out, opCase{op: op, shape: []int{4}, inputs: []string{"b", "x"}, consts: consts{"b": some(4)}})
	}
	for _, op := range []string{"Add", "Mul", "Max", "Min", "Sum"} {
		out = append(out, opCase{op: op, shape: []int{4}, inputs: []string{"x", "x"}})
	}
	out = append(out,
		opCase{op: "Max", shape: []int{4}, inputs: []string{"x", "b", "c", "x"}, consts: consts{"b": some(4), "c": some(1)}},
		opCase{op: "Sum", shape: []int{4}, inputs: []string{"b", "x", "x"}, consts: consts{"b": some(4)}},
		opCase{op: "Pow", shape: []int{4}, inputs: []string{"x", "two"}, consts: consts{"two": {Int: []int64{2}}}},
		opCase{op: "Pow", shape: []int{4}, inputs: []string{"x", "three"}, consts: consts{"three": {Float: []float32{3}}}},
		opCase{op: "Where", shape: []int{4}, inputs: []string{"c", "x", "b"}, consts: consts{"c": whole(1, 0, 0, 1), "b": some(1)}},
		opCase{op: "Where", shape: []int{4}, inputs: []string{"x", "b", "x"}, consts: consts{"b": some(4)}},
	)
	out = append(out, shapeCases()...)
	return append(out, windowCases()...)
}

func shapeCases() []opCase {
	x := []int{2, 3, 4}
	out := []opCase{
		{op: "Gemm", shape: []int{4}, inputs: []string{"x", "w", "b"}, consts: consts{"w": some(4, 3), "b": some(3)}},
		{op: "Gemm", shape: []int{4}, inputs: []string{"x", "w"}, consts: consts{"w": some(3, 4)}, attr: attrs{"transB": integer(1), "alpha": float(0.5)}},
		{op: "Gemm", shape: []int{4}, inputs: []string{"x", "w", "x"}, consts: consts{"w": some(4, 4)}, attr: attrs{"beta": float(2)}},
		{op: "MatMul", shape: []int{4}, inputs: []string{"x", "w"}, consts: consts{"w": some(4, 3)}},
		{op: "MatMul", shape: x, inputs: []string{"x", "w"}, consts: consts{"w": some(4, 5)}},
		{op: "MatMul", shape: x, inputs: []string{"x", "w"}, consts: consts{"w": some(2, 4, 5)}},
		{op: "MatMul", shape: x, inputs: []string{"w", "x"}, consts: consts{"w": some(5, 3)}},
		{op: "MatMul", shape: []int{3, 3}, inputs: []string{"x", "x"}},
		{op: "Softmax", shape: x},
		{op: "Softmax", shape: x, attr: attrs{"axis": integer(1)}},
		{op: "Softmax", shape: x, opset: 11},
		{op: "LogSoftmax", shape: x, attr: attrs{"axis": integer(2)}},
		{op: "LogSoftmax", shape: x, opset: 11, attr: attrs{"axis": integer(2)}},
		{op: "Concat", shape: x, inputs: []string{"x", "x"}, attr: attrs{"axis": integer(-1)}},
		{op: "BatchNormalization", shape: x, inputs: []string{"x", "s", "b", "m", "v"}, consts: consts{"s": some(2), "b": some(2), "m": some(2), "v": some(2)}, attr: attrs{"epsilon": float(0.1)}},
		{op: "InstanceNormalization", shape: x, inputs: []string{"x", "s", "b"}, consts: consts{"s": some(2), "b": some(2)}},
		{op: "LayerNormalization", shape: x, inputs: []string{"x", "s", "b"}, consts: consts{"s": some(3, 4), "b": some(12)}, attr: attrs{"axis": integer(2), "epsilon": float(0.01)}},
		{op: "LayerNormalization", shape: x, inputs: []string{"x", "s"}, consts: consts{"s": some(4)}},
		{op: "Reshape", shape: x, inputs: []string{"x", "to"}, consts: consts{"to": whole(0, 6, -1)}},
		{op: "Flatten", shape: x},
		{op: "Unsqueeze", shape: x, opset: 11, attr: attrs{"axes": integers(1)}},
		{op: "Transpose", shape: x, attr: attrs{"perm": integers(0, 3, 1, 2)}},
		{op: "Slice", shape: x, library: true, opset: 9, attr: attrs{"starts": integers(1, -3), "ends": integers(2, 9), "axes": integers(1, 3)}},
		{op: "Slice", shape: x, library: true, inputs: []string{"x", "s", "e", "a", "p"}, consts: consts{"s": whole(-1), "e": whole(-9), "a": whole(3), "p": whole(-2)}},
		{op: "Gather", shape: x, library: true, inputs: []string{"x", "i"}, consts: consts{"i": whole(0, 2, 0)}, attr: attrs{"axis": integer(2)}},
		{op: "Expand", shape: []int{1, 3}, library: true, inputs: []string{"x", "to"}, consts: consts{"to": whole(1, 4, 3)}},
		{op: "Split", shape: x, library: true, attr: attrs{"axis": integer(2), "split": integers(1, 2)}, opset: 11},
		{op: "Resize", shape: []int{2, 3, 4}, library: true, inputs: []string{"x", "", "s"}, consts: consts{"s": {Shape: []int{4}, Float: []float32{1, 1, 1.5, 2}}}, attr: attrs{"mode": saying("linear")}},
		{op: "Resize", shape: []int{2, 3, 4}, library: true, inputs: []string{"x", "", "s"}, consts: consts{"s": {Shape: []int{4}, Float: []float32{1, 1, 2, 0.5}}}, attr: attrs{"mode": saying("nearest")}},
	}
	for _, mode := range []string{"constant", "edge", "reflect"} {
		out = append(out, opCase{
			op: "Pad", shape: x, library: true, inputs: []string{"x", "p", "v"}, attr: attrs{"mode": saying(mode)},
			consts: consts{"p": whole(0, 0, 1, 2, 0, 0, 2, -1), "v": {Float: []float32{0.5}}},
		})
	}
	for _, op := range []string{"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"} {
		most := op == "ReduceMax" || op == "ReduceMin"
		out = append(out,
			opCase{op: op, shape: x, opset: 11, attr: attrs{"axes": integers(1, -1)}, library: most},
			opCase{op: op, shape: x, opset: 18, inputs: []string{"x", "a"}, consts: consts{"a": whole(2)}, attr: attrs{"keepdims": integer(0)}, library: most})
	}
	return append(out, opCase{op: "GlobalAveragePool", shape: x}, opCase{op: "GlobalMaxPool", shape: x, library: true})
}

// windowCases are kernels odd and even, strides, paddings on either side,
// dilations and groups.
func windowCases() []opCase {
	var out []opCase
	for _, k := range [][]int{{1, 1}, {2, 2}, {3, 3}, {4, 3}} {
		for _, s := range []int{1, 2, 3} {
			for _, p := range [][]int{{0, 0, 0, 0}, {0, 1, 1, 0}} {
				for _, d := range []int{1, 2} {
					a := attrs{"kernel_shape": integers(k...), "strides": integers(s, s), "pads": integers(p...), "dilations": integers(d, d)}
					if k[0] > 1 { // one number alone is a tile
						out = append(out, opCase{op: "MaxPool", shape: []int{2, 7, 8}, attr: a, library: true})
					}
					for _, groups := range []int{1, 2} {
						for _, c := range []int{4, 32} { // few channels and many
							a := maps.Clone(a)
							a["group"] = integer(groups)
							in := consts{"w": some(4, c/groups, k[0], k[1]), "b": some(4)}
							out = append(out, opCase{op: "Conv", shape: []int{c, 7, 8}, attr: a, inputs: []string{"x", "w", "b"}, consts: in})
						}
						a := maps.Clone(a)
						a["group"], a["output_padding"] = integer(groups), integers(min(s, max(s, d))-1, 0)
						out = append(out, opCase{op: "ConvTranspose", shape: []int{4, 4, 5}, attr: a, inputs: []string{"x", "w", "b"}, consts: consts{"w": some(4, 3, k[0], k[1]), "b": some(3 * groups)}})
					}
				}
			}
		}
	}
	for _, auto := range []string{"VALID", "SAME_UPPER", "SAME_LOWER"} {
		a := attrs{"auto_pad": saying(auto), "kernel_shape": integers(3, 2), "strides": integers(2, 2)}
		out = append(out,
			opCase{op: "Conv", shape: []int{2, 7, 6}, attr: a, inputs: []string{"x", "w"}, consts: consts{"w": some(3, 2, 3, 2)}},
			opCase{op: "MaxPool", shape: []int{2, 7, 6}, attr: a, library: true}, opCase{op: "AveragePool", shape: []int{2, 7, 6}, attr: a})
	}
	for _, count := range []int{0, 1} {
		for _, ceil := range []int{0, 1} {
			a := attrs{"kernel_shape": integers(3, 3), "strides": integers(2, 2), "pads": integers(1, 1, 0, 1), "count_include_pad": integer(count), "ceil_mode": integer(ceil)}
			out = append(out, opCase{op: "AveragePool", shape: []int{2, 6, 8}, attr: a}, opCase{op: "MaxPool", shape: []int{2, 6, 8}, attr: a, library: true})
		}
	}
	tile := attrs{"kernel_shape": integers(2, 3), "strides": integers(2, 3)}
	return append(out,
		opCase{op: "MaxPool", shape: []int{2, 4, 6}, attr: tile}, opCase{op: "AveragePool", shape: []int{2, 4, 6}, attr: tile},
		opCase{op: "MaxPool", shape: []int{2, 6}, attr: attrs{"kernel_shape": integers(2), "strides": integers(2)}},
		opCase{op: "Conv", shape: []int{2, 6}, inputs: []string{"x", "w"}, consts: consts{"w": some(3, 2, 3)}, attr: attrs{"strides": integers(2)}})
}

// grid returns rows of few different numbers, so that some of them tie, or
// rows of numbers that do not.
func grid(net *graph.Net, rows int, coarse bool) ml.Batch {
	rng := rand.New(rand.NewPCG(7, 7))
	x := ml.Batch{Dim: net.Spec().Dim()}
	for range rows * x.Dim {
		v := rng.Float32()*4 - 2
		if coarse {
			v = float32(math.Round(float64(v)))
		}
		x.X = append(x.X, v)
	}
	return x
}

// weightsOf returns a gradient with respect to logits.
func weightsOf(n int) []float32 {
	rng := rand.New(rand.NewPCG(8, 8))
	out := make([]float32, n)
	for i := range out {
		out[i] = rng.Float32()*2 - 1
	}
	return out
}

// distance returns the largest difference between a and b, relative to the
// largest number in b or to 1. What is no finite number must be the same.
func distance(a, b []float32) float64 {
	d, top := 0.0, 1.0
	for i := range b {
		p, q := float64(a[i]), float64(b[i])
		switch {
		case p == q || p != p && q != q:
		case math.IsInf(q, 0):
			return math.Inf(1)
		default:
			d = max(d, math.Abs(p-q))
		}
		if !math.IsInf(q, 0) && q == q {
			top = max(top, math.Abs(q))
		}
	}
	return d / top
}

// inOurs runs the graphs of the gradient in our own engine, as one.
func inOurs(t *testing.T, g *graphs, x, dz []float32) ([]float32, error) {
	t.Helper()
	last := len(g.back.Inputs) - 1
	rows, d := g.back.Inputs[last-1], g.back.Inputs[last]
	both := &graph.Graph{Opset: opset, Inputs: []graph.Port{rows}, Outputs: g.back.Outputs, Const: maps.Clone(g.ahead.Const)}
	maps.Copy(both.Const, g.back.Const)
	both.Const[d.Name] = &graph.Tensor{Shape: d.Shape, Float: dz}
	both.Nodes = slices.Concat(g.ahead.Nodes, g.back.Nodes)
	net, err := graph.Compile(both, graph.Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	return net.Predict(t.Context(), ml.Batch{X: x, Dim: net.Spec().Dim()})
}

// The gradient as a graph is the gradient that the operators themselves have.
func TestGradientGraph(t *testing.T) {
	check := func(name string, net *graph.Net, library bool) {
		p, err := net.Plan()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		g, err := lower(p, true)
		if err != nil {
			t.Errorf("%s: lower = %v", name, err)
			return
		}
		for _, coarse := range []bool{false, true} {
			x := grid(net, p.Shape[p.Input][0], coarse)
			k := net.Spec().Classes
			dz := weightsOf(x.Rows() * k)
			want := make([]float32, len(x.X))
			if err := net.VJP(t.Context(), x, func(row int, _, d []float32) { copy(d, dz[row*k:(row+1)*k]) }, want); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := inOurs(t, g, x.X, dz)
			switch {
			case library && !errors.Is(err, graph.ErrUnsupported):
				t.Errorf("%s: our own engine says %v, want an operator that it lacks", name, err)
			case !library && err != nil:
				t.Errorf("%s: our own engine says %v of the graph of the gradient", name, err)
			case err == nil && !(distance(got, want) <= 2e-6):
				t.Errorf("%s (ties %v): the graph of the gradient is off by %.2g", name, coarse, distance(got, want))
			}
		}
	}
	for _, c := range opCases() {
		check(c.String(), c.net(t), c.library)
	}
	for _, name := range models {
		check(name, netOf(t, name), slices.Contains([]string{"even", "resnet", "attention", "grow", "choose"}, name))
	}
}

// What cannot be written says which operator it is.
func TestUnsupported(t *testing.T) {
	for _, c := range []struct{ file, op string }{
		{"sklearn/forest", "ai.onnx.ml.TreeEnsembleClassifier"}, {"sklearn/svm2", "ai.onnx.ml.SVMClassifier"}, {"sklearn/logistic", "ai.onnx.ml.Scaler"},
	} {
		net := netOf(t, c.file)
		p, err := net.Plan()
		if err != nil {
			t.Fatal(err)
		}
		_, err = lower(p, false)
		op, ok := errors.AsType[*graph.OpError](err)
		if !ok || !errors.Is(err, graph.ErrUnsupported) || op.Op != c.op {
			t.Errorf("%s: lower = %v, want an error about %s", c.file, err, c.op)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "library.so")
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Library: "/nowhere/lib.so"}, {Library: text}, {Library: text, Provider: "abacus"}} {
		if e, err := Open(o); !errors.Is(err, ErrAbsent) || e != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%+v) = %v, %v, want %v in one line", o, e, err, ErrAbsent)
		}
	}
}
