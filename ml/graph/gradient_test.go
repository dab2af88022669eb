package graph

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A use is one operator with its attributes and inputs. The input called x is
// what the gradient is with respect to.
type use struct {
	op     string
	x      []int
	attr   map[string]Attr
	inputs []string // "x" if nil
	consts map[string]*Tensor
	opset  int // 17 if 0
	low    float64
	high   float64 // of the numbers in x; -1 to 1 if both are 0
}

func (u use) String() string { return fmt.Sprintf("%s of %v with %v", u.op, u.x, u.attr) }

func (u use) graph() *Graph {
	if u.inputs == nil {
		u.inputs = []string{"x"}
	}
	if u.opset == 0 {
		u.opset = 17
	}
	return &Graph{
		Opset: u.opset, Const: u.consts, Outputs: []string{"y"},
		Nodes: []Node{{Op: u.op, Name: "n", Inputs: u.inputs, Outputs: []string{"y"}, Attr: u.attr}},
	}
}

// check compares the gradient of the operator.
func (u use) check(t *testing.T) {
	t.Helper()
	low, high := u.low, u.high
	if low == 0 && high == 0 {
		low, high = -1, 1
	}
	checkGraph(t, u.String(), u.graph(), u.x, low, high)
}

// checkGraph compares the gradient of a random sum of the output with central
// finite differences, both in double precision, for every number of x.
func checkGraph(t *testing.T, name string, g *Graph, x []int, low, high float64) {
	t.Helper()
	lim := limits{values: 1 << 24, work: 1 << 30}
	p, err := compile[float64](g, "x", x, "y", lim, nil)
	if err != nil {
		t.Errorf("%s: compile = %v", name, err)
		return
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m := newMachine(p)
	for i := range m.val[0] {
		m.val[0][i] = low + (high-low)*rng.Float64()
	}
	weights := make([]float64, size(p.out.shape))
	for i := range weights {
		weights[i] = rng.Float64()*2 - 1
	}
	sum := func() (s float64) {
		y, err := m.forward(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range weights {
			s += w * y[i]
		}
		return s
	}
	sum()
	got, err := m.backward(t.Context(), func(dout []float64) { copy(dout, weights) })
	if err != nil {
		t.Fatal(err)
	}
	grad := append([]float64(nil), got...)
	const h = 1e-5
	for i, v := range grad {
		was := m.val[0][i]
		m.val[0][i] = was + h
		up := sum()
		m.val[0][i] = was - h
		down := sum()
		m.val[0][i] = was
		if want := (up - down) / (2 * h); math.Abs(v-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("%s: gradient %d = %v, finite differences say %v", name, i, v, want)
			return
		}
	}
}

func numbers(shape ...int) *Tensor {
	rng := rand.New(rand.NewPCG(3, uint64(len(shape))))
	t := &Tensor{Shape: shape, Float: make([]float32, size(shape))}
	for i := range t.Float {
		t.Float[i] = rng.Float32()*2 - 1
	}
	return t
}

func whole(v ...int64) *Tensor { return &Tensor{Shape: []int{len(v)}, Int: v} }

func list(v ...int64) Attr { return Attr{Ints: v} }

// Kernels odd and even, strides, paddings on either side, dilations and
// groups, in every combination that fits.
func TestConvGradient(t *testing.T) {
	tried := 0
	for _, k := range [][2]int64{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {2, 3}, {4, 1}} {
		for _, s := range []int64{1, 2, 3} {
			for _, p := range [][4]int64{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 2, 0}} {
				for _, d := range []int64{1, 2} {
					for _, groups := range []int64{1, 2} {
						w := numbers(4, int(4/groups), int(k[0]), int(k[1]))
						use{
							op: "Conv", x: []int{2, 4, 7, 8}, inputs: []string{"x", "w", "b"},
							consts: map[string]*Tensor{"w": w, "b": numbers(4)},
							attr: map[string]Attr{
								"strides": list(s, s), "pads": list(p[:]...), "dilations": list(d, d), "group": {Int: groups},
							},
						}.check(t)
						tried++
					}
				}
			}
		}
	}
	for _, auto := range []string{"VALID", "SAME_UPPER", "SAME_LOWER"} {
		for _, k := range []int{2, 3} {
			use{
				op: "Conv", x: []int{1, 2, 7, 6}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(3, 2, k, k)},
				attr: map[string]Attr{"auto_pad": {Text: auto}, "strides": list(2, 2)},
			}.check(t)
			tried++
		}
	}
	use{op: "Conv", x: []int{2, 3, 11}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(5, 3, 4)}}.check(t)
	if tried < 200 {
		t.Errorf("%d combinations, want at least 200", tried)
	}
}

func TestPoolGradient(t *testing.T) {
	for _, op := range []string{"MaxPool", "AveragePool"} {
		for _, k := range []int64{2, 3, 4} {
			for _, s := range []int64{1, 2, 3} {
				for _, p := range [][4]int64{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 1, 0}} {
					for _, flag := range []int64{0, 1} {
						use{op: op, x: []int{2, 2, 7, 9}, attr: map[string]Attr{
							"kernel_shape": list(k, k), "strides": list(s, s), "pads": list(p[:]...),
							"ceil_mode": {Int: flag}, "count_include_pad": {Int: flag},
						}}.check(t)
					}
				}
			}
		}
		use{op: op, x: []int{2, 3, 9}, attr: map[string]Attr{"kernel_shape": list(3), "dilations": list(2)}}.check(t)
	}
	use{op: "GlobalAveragePool", x: []int{2, 3, 4, 5}}.check(t)
	use{op: "GlobalMaxPool", x: []int{2, 3, 4, 5}}.check(t)
}

func TestElementwiseGradient(t *testing.T) {
	shape := []int{3, 7}
	for _, op := range []string{
		"Relu", "LeakyRelu", "Sigmoid", "Tanh", "Exp", "Erf", "Neg", "Abs", "Softplus", "Elu", "Selu", "HardSigmoid", "HardSwish",
		"Softmax", "LogSoftmax", "Identity", "Dropout", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin",
	} {
		use{op: op, x: shape, low: -4, high: 4}.check(t)
	}
	for _, op := range []string{"Log", "Sqrt", "Reciprocal"} {
		use{op: op, x: shape, low: 0.5, high: 3}.check(t)
	}
	use{op: "Clip", x: shape, attr: map[string]Attr{"min": {Float: -0.5}, "max": {Float: 0.25}}, opset: 6}.check(t)
	use{op: "Clip", x: shape, inputs: []string{"x", "low"}, consts: map[string]*Tensor{"low": {Float: []float32{0.1}}}}.check(t)
	use{op: "Softmax", x: []int{2, 3, 4}, opset: 11}.check(t)
	use{op: "Softmax", x: []int{2, 3, 4}, attr: map[string]Attr{"axis": {Int: 1}}}.check(t)
	for _, exponent := range []float32{1, 2, 3, -1, 0.5} {
		use{
			op: "Pow", x: shape, low: 0.5, high: 2, inputs: []string{"x", "c"},
			consts: map[string]*Tensor{"c": {Float: []float32{exponent}}},
		}.check(t)
	}
	// Stretched on either side, and with both inputs depending on x.
	for _, op := range []string{"Add", "Sub", "Mul", "Div"} {
		for _, c := range [][]int{{}, {7}, {3, 1}, {3, 7}, {2, 1, 7}, {2, 3, 1}} {
			for _, in := range [][]string{{"x", "c"}, {"c", "x"}} {
				use{op: op, x: shape, low: 1, high: 2, inputs: in, consts: map[string]*Tensor{"c": numbers(c...)}}.check(t)
			}
		}
		use{op: op, x: shape, low: 1, high: 2, inputs: []string{"x", "x"}}.check(t)
	}
}

func TestLinearGradient(t *testing.T) {
	b := numbers(7, 5)
	for _, alpha := range []float32{1, 0.5} {
		for _, beta := range []float32{1, 2} {
			for _, c := range [][]int{{}, {5}, {1, 5}, {3, 1}, {3, 5}} {
				for _, turned := range []int64{0, 1} {
					x, w := []int{3, 7}, []int{7, 5}
					if turned == 1 {
						x, w = []int{7, 3}, []int{5, 7}
					}
					use{
						op: "Gemm", x: x, inputs: []string{"x", "w", "c"},
						consts: map[string]*Tensor{"w": {Shape: w, Float: b.Float}, "c": numbers(c...)},
						attr:   map[string]Attr{"alpha": {Float: alpha}, "beta": {Float: beta}, "transA": {Int: turned}, "transB": {Int: turned}},
					}.check(t)
				}
			}
		}
	}
	use{op: "Gemm", x: []int{3, 7}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": b}}.check(t)
	for _, c := range [][]int{{7, 5}, {2, 7, 5}, {4, 1, 7, 5}, {4, 2, 7, 5}} {
		use{op: "MatMul", x: []int{2, 3, 7}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(c...)}}.check(t)
		use{op: "MatMul", x: []int{2, 5, 3}, inputs: []string{"w", "x"}, consts: map[string]*Tensor{"w": numbers(c...)}}.check(t)
	}
	use{op: "MatMul", x: []int{2, 3, 3}, inputs: []string{"x", "x"}}.check(t)
}

func TestNormGradient(t *testing.T) {
	positive := &Tensor{Shape: []int{3}, Float: []float32{0.5, 1, 2}}
	use{
		op: "BatchNormalization", x: []int{2, 3, 2, 2}, inputs: []string{"x", "s", "b", "m", "v"},
		consts: map[string]*Tensor{"s": numbers(3), "b": numbers(3), "m": numbers(3), "v": positive},
	}.check(t)
	use{
		op: "LayerNormalization", x: []int{2, 3, 4}, inputs: []string{"x", "s", "b"},
		consts: map[string]*Tensor{"s": numbers(4), "b": numbers(4)},
	}.check(t)
	use{
		op: "LayerNormalization", x: []int{2, 3, 4}, inputs: []string{"x", "s"},
		consts: map[string]*Tensor{"s": numbers(3, 4)}, attr: map[string]Attr{"axis": {Int: 1}},
	}.check(t)
}

func TestInstanceNormGradient(t *testing.T) {
	use{
		op: "InstanceNormalization", x: []int{2, 3, 2, 4}, inputs: []string{"x", "s", "b"},
		consts: map[string]*Tensor{"s": numbers(3), "b": numbers(3)},
	}.check(t)
}

// Kernels odd and even, strides, paddings, dilations, groups and rows added.
func TestConvTransposeGradient(t *testing.T) {
	for _, k := range [][2]int64{{1, 1}, {2, 2}, {3, 3}, {4, 3}} {
		for _, s := range []int64{1, 2, 3} {
			for _, p := range [][4]int64{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 1, 0}} {
				for _, d := range []int64{1, 2} {
					for _, groups := range []int64{1, 2} {
						use{
							op: "ConvTranspose", x: []int{2, 4, 4, 5}, inputs: []string{"x", "w", "b"},
							consts: map[string]*Tensor{"w": numbers(4, 3, int(k[0]), int(k[1])), "b": numbers(int(3 * groups))},
							attr: map[string]Attr{
								"strides": list(s, s), "pads": list(p[:]...), "dilations": list(d, d), "group": {Int: groups},
								"output_padding": list(s-1, 0),
							},
						}.check(t)
					}
				}
			}
		}
	}
}

func TestChoiceGradient(t *testing.T) {
	x := []int{3, 4}
	c := map[string]*Tensor{"c": numbers(3, 1), "d": numbers(4), "i": whole(1, 0, 0, 1)}
	for _, u := range []use{
		{op: "Where", inputs: []string{"i", "x", "d"}},
		{op: "Where", inputs: []string{"i", "c", "x"}},
		{op: "Where", inputs: []string{"d", "x", "x"}},
		{op: "PRelu", inputs: []string{"x", "d"}},
		{op: "PRelu", inputs: []string{"d", "x"}},
		{op: "Max", inputs: []string{"x"}},
		{op: "Max", inputs: []string{"c", "x", "d"}},
		{op: "Min", inputs: []string{"x", "d", "c"}},
		{op: "Min", inputs: []string{"x", "x"}},
		{op: "Sum", inputs: []string{"x", "c", "x", "d"}},
		{op: "ReduceMax", attr: map[string]Attr{"axes": list(1), "keepdims": {Int: 0}}},
		{op: "ReduceMin", attr: map[string]Attr{"axes": list(0)}},
	} {
		u.x, u.consts = x, c
		u.check(t)
	}
	// The truth has no slope, but what it chooses has.
	for _, op := range []string{"Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"} {
		checkGraph(t, op, &Graph{
			Opset: 17, Const: c, Outputs: []string{"y"},
			Nodes: []Node{
				{Op: op, Inputs: []string{"x", "d"}, Outputs: []string{"b"}},
				{Op: "Cast", Inputs: []string{"b"}, Outputs: []string{"f"}, Attr: map[string]Attr{"to": {Int: 1}}},
				{Op: "Where", Inputs: []string{"b", "x", "c"}, Outputs: []string{"z"}},
				{Op: "Mul", Inputs: []string{"f", "z"}, Outputs: []string{"p"}},
				{Op: "Add", Inputs: []string{"p", "x"}, Outputs: []string{"y"}},
			},
		}, x, -1, 1)
	}
}

func TestResizeGradient(t *testing.T) {
	x := []int{1, 2, 4, 5}
	for _, mode := range []string{"nearest", "linear"} {
		for _, coord := range []string{"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"} {
			for _, scale := range [][]float32{{1, 1, 2, 2}, {1, 1, 1.5, 0.6}, {1, 1, 0.25, 3}, {1, 2, 1, 1}} {
				use{
					op: "Resize", x: x, inputs: []string{"x", "", "c"}, consts: map[string]*Tensor{"c": {Shape: []int{4}, Float: scale}},
					attr: map[string]Attr{"mode": {Text: mode}, "coordinate_transformation_mode": {Text: coord}},
				}.check(t)
			}
		}
	}
	use{op: "Resize", x: x, inputs: []string{"x", "", "", "c"}, consts: map[string]*Tensor{"c": whole(1, 2, 7, 3)}}.check(t)
	use{op: "Upsample", x: x, opset: 9, attr: map[string]Attr{"scales": {Floats: []float32{1, 1, 2, 3}}}}.check(t)
}

// Relu becomes part of the convolution before it, unless what it bends is
// needed elsewhere. Both ways of the gradient are tried: shifted and scattered.
func TestConvReluGradient(t *testing.T) {
	for _, channels := range []int{1, 6} {
		for _, elsewhere := range []bool{false, true} {
			g := &Graph{
				Opset: 17, Outputs: []string{"y"}, Const: map[string]*Tensor{"w": numbers(7, channels, 3, 2), "b": numbers(7)},
				Nodes: []Node{
					{Op: "Conv", Inputs: []string{"x", "w", "b"}, Outputs: []string{"c"}, Attr: map[string]Attr{"pads": list(1, 0, 2, 1)}},
					{Op: "Relu", Inputs: []string{"c"}, Outputs: []string{"r"}},
					{Op: "Tanh", Inputs: []string{"r"}, Outputs: []string{"y"}},
				},
			}
			steps := 2
			if elsewhere {
				g.Nodes[2] = Node{Op: "Mul", Inputs: []string{"r", "c"}, Outputs: []string{"y"}}
				steps = 3
			}
			x := []int{2, channels, 5, 6}
			checkGraph(t, fmt.Sprint(channels, " channels, needed elsewhere: ", elsewhere), g, x, -1, 1)
			p, err := compile[float32](g, "x", x, "y", limits{values: 1 << 20, work: 1 << 20}, nil)
			if err != nil || len(p.steps) != steps {
				t.Errorf("needed elsewhere: %v: %d steps, %v; want %d", elsewhere, len(p.steps), err, steps)
			}
		}
	}
}

// Shapes are worked out on integers before anything runs.
func TestShapeArithmetic(t *testing.T) {
	g := &Graph{
		Opset: 17, Outputs: []string{"y"},
		Const: map[string]*Tensor{"two": whole(2), "one": whole(1), "minus": whole(-1), "i": whole(0)},
		Nodes: []Node{
			{Op: "Shape", Inputs: []string{"x"}, Outputs: []string{"s"}},
			{Op: "Gather", Inputs: []string{"s", "i"}, Outputs: []string{"rows"}},
			{Op: "Concat", Inputs: []string{"rows", "minus", "two"}, Outputs: []string{"want"}, Attr: map[string]Attr{"axis": {Int: 0}}},
			{Op: "Reshape", Inputs: []string{"x", "want"}, Outputs: []string{"r"}},
			{Op: "ConstantOfShape", Inputs: []string{"two"}, Outputs: []string{"ones"}, Attr: map[string]Attr{"value": {Tensor: whole(1)}}},
			{Op: "Mul", Inputs: []string{"ones", "minus"}, Outputs: []string{"neg"}},
			{Op: "Equal", Inputs: []string{"neg", "minus"}, Outputs: []string{"eq"}},
			{Op: "Where", Inputs: []string{"eq", "ones", "neg"}, Outputs: []string{"to"}},
			{Op: "Slice", Inputs: []string{"to", "i", "one"}, Outputs: []string{"cut"}},
			{Op: "Concat", Inputs: []string{"cut", "cut", "two"}, Outputs: []string{"shape"}, Attr: map[string]Attr{"axis": {Int: 0}}},
			{Op: "Expand", Inputs: []string{"r", "shape"}, Outputs: []string{"y"}},
		},
	}
	p, err := compile[float32](g, "x", []int{3, 8}, "y", limits{values: 1 << 10, work: 1 << 10}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.out.shape, len(p.steps)), "[3 4 2] 0"; got != want {
		t.Errorf("shape and steps %s, want %s", got, want)
	}
}

// Equal numbers share the gradient of Max, as in PyTorch; of those that
// ReduceMax sees, the first gets it.
func TestTies(t *testing.T) {
	for _, c := range []struct {
		u    use
		want string
	}{
		{use{op: "Max", x: []int{4}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": {Shape: []int{4}, Float: []float32{5, 5, 0, 9}}}}, "[0 1.5 3 0]"},
		{use{op: "ReduceMax", x: []int{4}, attr: map[string]Attr{"axes": list(0)}}, "[0 3 0 0]"},
	} {
		p, err := compile[float64](c.u.graph(), "x", c.u.x, "y", limits{values: 1 << 10, work: 1 << 10}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(p)
		copy(m.val[0], []float64{1, 5, 5, 2})
		if _, err := m.forward(t.Context()); err != nil {
			t.Fatal(err)
		}
		g, err := m.backward(t.Context(), func(dout []float64) { fill(dout, 3) })
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(g); got != c.want {
			t.Errorf("%v: gradient = %s, want %s", c.u, got, c.want)
		}
	}
}

func TestShapeGradient(t *testing.T) {
	x := []int{2, 3, 4}
	with := func(name string, v ...int64) map[string]Attr { return map[string]Attr{name: list(v...)} }
	for _, u := range []use{
		{op: "Reshape", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(0, -1)}},
		{op: "Flatten"},
		{op: "Flatten", attr: map[string]Attr{"axis": {Int: -1}}},
		{op: "Unsqueeze", attr: with("axes", 0, 4)},
		{op: "Unsqueeze", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(-1)}},
		{op: "Squeeze", x: []int{2, 1, 3}, attr: with("axes", 1)},
		{op: "Squeeze", x: []int{1, 2, 1, 3}},
		{op: "Transpose"},
		{op: "Transpose", attr: with("perm", 1, 2, 0)},
		{op: "Concat", inputs: []string{"x", "c", "x"}, consts: map[string]*Tensor{"c": numbers(2, 5, 4)}, attr: map[string]Attr{"axis": {Int: 1}}},
		{op: "Slice", inputs: []string{"x", "s", "e", "a", "t"}, consts: map[string]*Tensor{"s": whole(-1, 0), "e": whole(math.MinInt64, math.MaxInt64), "a": whole(2, 1), "t": whole(-2, 2)}},
		{op: "Slice", opset: 9, attr: map[string]Attr{"starts": list(1), "ends": list(9), "axes": list(2)}},
		{op: "Gather", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(2, 0, -1)}, attr: map[string]Attr{"axis": {Int: 1}}},
		{op: "Expand", x: []int{2, 1, 4}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(3, 1)}},
		{op: "Split", attr: map[string]Attr{"axis": {Int: 2}, "split": list(1, 3)}},
		{op: "Pad", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(0, 1, 0, 2, 0, 1)}},
		{op: "Pad", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(0, 2, 1, 0, 1, 3)}, attr: map[string]Attr{"mode": {Text: "reflect"}}},
		{op: "Pad", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(1, -1, 2, 0, 0, 3)}, attr: map[string]Attr{"mode": {Text: "edge"}}},
		{op: "Pad", inputs: []string{"x", "c", "", "a"}, consts: map[string]*Tensor{"c": whole(1, 2), "a": whole(-1)}},
		{op: "ReduceMean", attr: map[string]Attr{"axes": list(1), "keepdims": {Int: 0}}},
		{op: "ReduceSum", inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(-1, 0)}},
	} {
		if u.x == nil {
			u.x = x
		}
		u.check(t)
	}
}

// Of equal numbers the first gets the gradient, as in PyTorch.
func TestMaxPoolTie(t *testing.T) {
	u := use{op: "MaxPool", x: []int{1, 1, 1, 4}, attr: map[string]Attr{"kernel_shape": list(1, 4)}}
	p, err := compile[float64](u.graph(), "x", u.x, "y", limits{values: 1 << 10, work: 1 << 10}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(p)
	copy(m.val[0], []float64{1, 5, 5, 2})
	if _, err := m.forward(t.Context()); err != nil {
		t.Fatal(err)
	}
	g, err := m.backward(t.Context(), func(dout []float64) { dout[0] = 3 })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(g), "[0 3 0 0]"; got != want {
		t.Errorf("gradient = %s, want %s", got, want)
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		use  use
		want error
	}{
		{use{op: "NonMaxSuppression", x: []int{1, 2}}, ErrUnsupported},
		{use{op: "com.example.Gemm", x: []int{1, 2}}, ErrUnsupported},
		{use{op: "Conv", x: []int{1, 2, 3, 3, 3}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(1, 2, 1, 1, 1)}}, ErrUnsupported},
		{use{op: "Gemm", x: []int{1, 2}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(3, 2)}}, ErrInvalid},
		{use{op: "Relu", x: []int{1, 2}, inputs: []string{"y"}}, ErrInvalid},
		{use{op: "Relu", x: []int{1, 2}, inputs: []string{}}, ErrInvalid},
		{use{op: "Reshape", x: []int{1, 2}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(3)}}, ErrInvalid},
		{use{op: "Expand", x: []int{1, 1}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(1<<20, 1<<20)}}, ErrTooLarge},
		{use{op: "Pad", x: []int{1, 1}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(0, 0, 1<<30, 1<<30)}}, ErrTooLarge},
		{use{op: "Conv", x: []int{1, 1, 4, 4}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(1, 1, 5, 5)}}, ErrInvalid},
		{use{op: "Slice", x: []int{1, 4}, attr: map[string]Attr{"starts": list(0), "ends": list(1), "steps": list(0)}}, ErrInvalid},
		{use{op: "Softmax", x: []int{1, 4}, attr: map[string]Attr{"axis": {Int: 2}}}, ErrInvalid},
		{use{op: "Resize", x: []int{1, 1, 2, 2}, inputs: []string{"x", "", "c"}, consts: map[string]*Tensor{"c": {Shape: []int{4}, Float: []float32{1, 1, 1 << 20, 1 << 20}}}}, ErrTooLarge},
		{use{op: "Resize", x: []int{1, 1, 2, 2}, inputs: []string{"x", "", "c"}, consts: map[string]*Tensor{"c": numbers(3)}}, ErrInvalid},
		{use{op: "Resize", x: []int{1, 2}, attr: map[string]Attr{"mode": {Text: "cubic"}, "scales": {Floats: []float32{1, 2}}}, opset: 9}, ErrUnsupported},
		{use{op: "ConvTranspose", x: []int{1, 1, 2, 2}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(1, 1, 3, 3)}, attr: map[string]Attr{"strides": list(1<<20, 1<<20)}}, ErrTooLarge},
		{use{op: "ConvTranspose", x: []int{1, 1, 2, 2}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(2, 1, 3, 3)}}, ErrInvalid},
		{use{op: "MaxPool", x: []int{1, 1, 1, 1}, attr: map[string]Attr{"kernel_shape": list(1025, 1024), "pads": list(1024, 1024, 0, 0)}}, ErrTooLarge},
		{use{op: "Where", x: []int{1, 2}, inputs: []string{"x", "x"}}, ErrInvalid},
	} {
		_, err := compile[float32](c.use.graph(), "x", c.use.x, "y", limits{values: 1 << 20, work: 1 << 30}, nil)
		var op *OpError
		if !errors.Is(err, c.want) || !errors.As(err, &op) || op.Op != c.use.op || op.Node != "n" {
			t.Errorf("%v: compile = %v, want %v naming the operator and its node", c.use, err, c.want)
		}
	}
}
