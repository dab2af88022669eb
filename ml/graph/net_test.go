package graph

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
)

// small returns the graph of a network with a bend, ending in the operators.
func small(batch int, tail ...string) *Graph {
	g := &Graph{
		Opset: 17, Inputs: []Port{{"x", []int{batch, 5}}},
		Const: map[string]*Tensor{"w": numbers(5, 40), "b": numbers(40), "v": numbers(40, 3)},
		Nodes: []Node{
			{Op: "Gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"}},
			{Op: "Tanh", Inputs: []string{"h"}, Outputs: []string{"t"}},
			{Op: "MatMul", Inputs: []string{"t", "v"}, Outputs: []string{"y"}},
		},
	}
	last := "y"
	for _, op := range tail {
		g.Nodes = append(g.Nodes, Node{Op: op, Inputs: []string{last}, Outputs: []string{last + "'"}})
		last += "'"
	}
	g.Outputs = []string{last}
	return g
}

func rows(n int) ml.Batch {
	const dim = 5
	rng := rand.New(rand.NewPCG(9, 9))
	b := ml.Batch{X: make([]float32, n*dim), Dim: dim}
	for i := range b.X {
		b.X[i] = rng.Float32()*2 - 1
	}
	return b
}

func mustCompile(t *testing.T, g *Graph, o Options) *Net {
	t.Helper()
	n, err := Compile(g, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Neither the number of workers nor the company of other rows changes a bit.
func TestBitsDoNotDependOnWorkers(t *testing.T) {
	x := rows(131)
	run := func(n *Net, b ml.Batch) (z, dx []float32) {
		dx = make([]float32, len(b.X))
		z, err := n.Predict(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		err = n.VJP(t.Context(), b, func(_ int, z, dz []float32) { copy(dz, z) }, dx)
		if err != nil {
			t.Fatal(err)
		}
		return z, dx
	}
	z, dx := run(mustCompile(t, small(-1), Options{Workers: 1}), x)
	for _, workers := range []int{2, 3, 8} {
		z2, dx2 := run(mustCompile(t, small(-1), Options{Workers: workers}), x)
		if !slices.Equal(z, z2) || !slices.Equal(dx, dx2) {
			t.Errorf("%d workers give other bits than 1", workers)
		}
	}
	n := mustCompile(t, small(-1), Options{})
	for i := range x.Rows() {
		z1, dx1 := run(n, x.Pick([]int{i}))
		if !slices.Equal(z1, z[i*3:(i+1)*3]) || !slices.Equal(dx1, dx[i*5:(i+1)*5]) {
			t.Fatalf("row %d alone gives other bits than among others", i)
		}
	}
}

// What a graph says in probabilities is read as logits.
func TestTailIsStripped(t *testing.T) {
	x := rows(3)
	want, err := mustCompile(t, small(-1), Options{}).Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tail []string
		want string
	}{
		{[]string{"Softmax"}, "softmax"},
		{[]string{"Identity", "LogSoftmax", "Identity"}, "log-softmax"},
		{[]string{"Sigmoid"}, "sigmoid"},
		{[]string{"Identity"}, "logits"},
	} {
		n := mustCompile(t, small(-1, c.tail...), Options{})
		got, err := n.Predict(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) || n.Spec().Output != c.want {
			t.Errorf("%v: logits %v and output %q, want %v and %q", c.tail, got[:3], n.Spec().Output, want[:3], c.want)
		}
	}
}

// A graph that knows one batch size only is run at that size.
func TestFixedBatch(t *testing.T) {
	g := small(4)
	g.Const["shape"] = whole(4, 5)
	g.Nodes = slices.Insert(g.Nodes, 0, Node{Op: "Reshape", Inputs: []string{"x", "shape"}, Outputs: []string{"r"}})
	g.Nodes[1].Inputs[0] = "r"
	x := rows(7)
	got, err := mustCompile(t, g, Options{}).Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	want, err := mustCompile(t, small(-1), Options{}).Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Predict = %v, want %v", got, want)
	}
}

// One output is the log odds of class 1.
func TestSingleOutput(t *testing.T) {
	n := mustCompile(t, Linear([][]float32{{2, -3}}, []float32{1}), Options{})
	x := ml.Batch{X: []float32{1, 2}, Dim: 2}
	z, err := n.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	dx := make([]float32, 2)
	err = n.VJP(t.Context(), x, func(_ int, _, dz []float32) { dz[0], dz[1] = -5, 1 }, dx)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(z, []float32{0, -3}) || !slices.Equal(dx, []float32{2, -3}) || n.Spec().Classes != 2 {
		t.Errorf("logits %v, gradient %v, %d classes; want [0 -3], [2 -3], 2", z, dx, n.Spec().Classes)
	}
}

func TestCompileRefusesWhatIsNoClassifier(t *testing.T) {
	two := small(-1)
	two.Inputs = append(two.Inputs, Port{"x2", []int{-1, 5}})
	outs := small(-1)
	outs.Outputs = []string{"y", "h"}
	open := small(-1)
	open.Inputs[0].Shape[1] = -1
	sum := small(-1, "ReduceSum")
	for name, g := range map[string]*Graph{"two inputs": two, "two outputs": outs, "open shape": open, "one number": sum} {
		if _, err := Compile(g, Options{}); !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: Compile = %v, want an error", name, err)
		}
	}
}

func scale(n int) []float32 { return slices.Repeat([]float32{1}, n) }

// The self-check finds rows that influence each other, answers that are no
// numbers, and gradients that are wrong.
func TestSelfCheckFails(t *testing.T) {
	mixed := small(-1)
	mixed.Nodes = append(mixed.Nodes, Node{
		Op: "Softmax", Inputs: []string{"y"}, Outputs: []string{"m"}, Attr: map[string]Attr{"axis": {Int: 0}},
	}, Node{Op: "Tanh", Inputs: []string{"m"}, Outputs: []string{"out"}})
	mixed.Outputs = []string{"out"}
	for name, g := range map[string]*Graph{"rows influence each other": mixed, "logarithm of negative numbers": small(-1, "Log")} {
		n := mustCompile(t, g, Options{})
		if err := n.SelfCheck(t.Context(), rows(10), scale(5), 1); !errors.Is(err, ml.ErrSelfCheck) {
			t.Errorf("%s: SelfCheck = %v, want %v", name, err, ml.ErrSelfCheck)
		}
	}

	n := mustCompile(t, small(-1), Options{})
	c := &checker{n: n, points: rows(8), scale: scale(5), rng: rand.New(rand.NewPCG(1, 1))}
	if err := c.prepare(); err != nil {
		t.Fatal(err)
	}
	if err := c.run(t.Context()); err != nil {
		t.Fatalf("run = %v before the gradient is broken", err)
	}
	fn := &c.exact.prog.steps[1].fn // Tanh
	right := fn.backward
	fn.backward = func(in [][]float64, out, dout []float64, din [][]float64, tmp []float64) {
		right(in, out, dout, din, tmp)
		din[0][3] *= 1.1
	}
	if err := c.run(t.Context()); err == nil {
		t.Error("run finds nothing wrong with a gradient of which one part is a tenth too large")
	}
}
