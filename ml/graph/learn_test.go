package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/kernel"
)

// checkWeights compares the gradient of a random sum of the output with respect
// to every weight, and its squared length for each row alone where a step knows
// it, with central finite differences in double precision.
func (u use) checkWeights(t *testing.T, live ...string) {
	t.Helper()
	p, err := compile[float64](u.graph(), "x", u.x, "y", limits{values: 1 << 24, work: 1 << 30}, nil, live...)
	if err != nil {
		t.Errorf("%s: compile = %v", u, err)
		return
	}
	rng := rand.New(rand.NewPCG(4, 5))
	m := newMachine(p)
	for i := range m.val[0] {
		m.val[0][i] = rng.Float64()*2 - 1
	}
	seed := make([]float64, size(p.out.shape))
	for i := range seed {
		seed[i] = rng.Float64()*2 - 1
	}
	sum := func(first, end int) (s float64) {
		y, err := m.forward(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range seed[first:end] {
			s += w * y[first+i]
		}
		return s
	}
	sum(0, 0)
	m.prepare()
	fold := func(dout []float64) { copy(dout, seed) }
	got := make([]float64, p.rows)
	known := true
	visit := func(i int) {
		s := &p.steps[i]
		var want []bool
		some := false
		for _, o := range s.in {
			w := !o.constant() && o.slot > 0 && o.slot <= len(live)
			want, some = append(want, w), some || w
		}
		if known = known && (!some || s.fn.squares != nil); known && some {
			s.fn.squares(m.in[i], m.val[s.out], m.grad[s.out], want, got, m.tmp)
		}
	}
	if err := m.back(t.Context(), m.through, fold, visit); err != nil {
		t.Fatal(err)
	}
	if err := m.back(t.Context(), m.dw, fold, nil); err != nil {
		t.Fatal(err)
	}
	const h = 1e-5
	lengths := make([]float64, p.rows)
	each := len(seed) / p.rows
	for k := range live {
		grad := slices.Clone(m.grad[k+1])
		for i, v := range grad {
			w := &m.val[k+1][i]
			was := *w
			all := 0.0
			for r := range p.rows {
				*w = was + h
				up := sum(r*each, (r+1)*each)
				*w = was - h
				down := sum(r*each, (r+1)*each)
				d := (up - down) / (2 * h)
				all += d
				lengths[r] += d * d
			}
			*w = was
			if math.Abs(v-all) > 1e-6*(1+math.Abs(all)) {
				t.Errorf("%s: gradient %d of %q = %v, finite differences say %v", u, i, live[k], v, all)
				return
			}
		}
	}
	for r, want := range lengths {
		if known && math.Abs(got[r]-want) > 1e-5*(1+want) {
			t.Errorf("%s: squared length %v of row %d, finite differences say %v", u, got[r], r, want)
		}
	}
}

func TestWeightGradient(t *testing.T) {
	on := func(c ...any) map[string]*Tensor {
		out := make(map[string]*Tensor)
		for i := 0; i < len(c); i += 2 {
			out[c[i].(string)] = c[i+1].(*Tensor)
		}
		return out
	}
	turned := map[string]Attr{"transB": {Int: 1}}
	in := func(names ...string) []string { return append([]string{"x"}, names...) }
	w43, w34, b4 := numbers(4, 3), numbers(3, 4), numbers(4)
	positive := &Tensor{Shape: []int{3}, Float: []float32{0.5, 1, 2}}
	for _, c := range []struct {
		use  use
		live []string
	}{
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w", "b"), consts: on("w", w34, "b", b4)}, []string{"w", "b"}},
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w", "b"), consts: on("w", w43, "b", b4), attr: turned}, []string{"w", "b"}},
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w", "b"), consts: on("w", w43, "b", b4), attr: turned}, []string{"b"}},
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w", "b"), consts: on("w", w43, "b", b4), attr: turned}, []string{"w"}},
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w"), consts: on("w", w43), attr: turned}, []string{"w"}},
		{use{op: "Gemm", x: []int{5, 3}, inputs: in("w", "b"), consts: on("w", w34, "b", b4), attr: map[string]Attr{"alpha": {Float: 0.5}, "beta": {Float: 3}}}, []string{"w", "b"}},
		{use{op: "MatMul", x: []int{5, 3}, inputs: in("w"), consts: on("w", w34)}, []string{"w"}},
		{use{op: "MatMul", x: []int{2, 5, 3}, inputs: in("w"), consts: on("w", w34)}, []string{"w"}},
		{use{op: "BatchNormalization", x: []int{2, 3, 2, 2}, inputs: in("s", "b", "m", "v"), consts: on("s", numbers(3), "b", numbers(3), "m", numbers(3), "v", positive)}, []string{"s", "b"}},
		{use{op: "InstanceNormalization", x: []int{2, 3, 4}, inputs: in("s", "b"), consts: on("s", numbers(3), "b", numbers(3))}, []string{"s", "b"}},
		{use{op: "LayerNormalization", x: []int{2, 3, 4}, inputs: in("s", "b"), consts: on("s", b4, "b", numbers(4))}, []string{"s", "b"}},
		{use{op: "LayerNormalization", x: []int{2, 3, 4}, inputs: in("s"), consts: on("s", b4)}, []string{"s"}},
		{use{op: "PRelu", x: []int{2, 3, 4}, inputs: in("s"), consts: on("s", numbers(3, 1))}, []string{"s"}},
		{use{op: "Add", x: []int{2, 3, 4}, inputs: in("w"), consts: on("w", numbers(3, 1))}, []string{"w"}},
		{use{op: "Mul", x: []int{2, 3, 4}, inputs: []string{"w", "x"}, consts: on("w", b4)}, []string{"w"}},
		{use{op: "Sub", x: []int{2, 3, 4}, inputs: in("w"), consts: on("w", b4)}, []string{"w"}},
		{use{op: "Div", x: []int{2, 4, 3}, inputs: in("w"), consts: on("w", positive)}, []string{"w"}},
	} {
		c.use.checkWeights(t, c.live...)
	}
}

// Kernels odd and even, strides, paddings, dilations and groups.
func TestConvWeightGradient(t *testing.T) {
	tried := 0
	for _, op := range []string{"Conv", "ConvTranspose"} {
		for _, k := range []int{1, 2, 3, 4} {
			for _, s := range []int64{1, 2, 3} {
				for _, p := range [][]int64{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 2, 0}} {
					for _, v := range [][2]int64{{1, 1}, {2, 1}, {1, 2}} { // dilation and groups
						w := numbers(4, int(4/v[1]), k, k-k/4)
						use{
							op: op, x: []int{2, 4, 6, 5}, inputs: []string{"x", "w", "b"},
							consts: map[string]*Tensor{"w": w, "b": numbers(w.Shape[1] * int(v[1]))},
							attr: map[string]Attr{
								"strides": list(s, s), "pads": list(p...), "dilations": list(v[0], v[0]), "group": {Int: v[1]},
							},
						}.maybe(t, &tried)
					}
				}
			}
		}
	}
	use{op: "Conv", x: []int{2, 3, 11}, inputs: []string{"x", "w"}, consts: map[string]*Tensor{"w": numbers(5, 3, 4)}}.checkWeights(t, "w")
	if tried < 150 {
		t.Errorf("%d combinations, want at least 150", tried)
	}
}

// maybe checks u if its window fits.
func (u use) maybe(t *testing.T, tried *int) {
	t.Helper()
	if _, err := compile[float64](u.graph(), "x", u.x, "y", limits{values: 1 << 24, work: 1 << 30}, nil); err != nil {
		return
	}
	*tried++
	u.checkWeights(t, "w", "b")
}

// learner is a net with a convolution, two layers and a shared bend.
func learner() *Graph {
	return &Graph{
		Opset: 17, Inputs: []Port{{"x", []int{-1, 1, 6, 6}}}, Outputs: []string{"z"},
		Nodes: []Node{
			{Op: "Conv", Inputs: []string{"x", "k", "c"}, Outputs: []string{"1"}},
			{Op: "Relu", Inputs: []string{"1"}, Outputs: []string{"2"}},
			{Op: "Flatten", Inputs: []string{"2"}, Outputs: []string{"3"}},
			{Op: "Gemm", Inputs: []string{"3", "w", "b"}, Outputs: []string{"z"}, Attr: map[string]Attr{"transB": {Int: 1}}},
		},
		Const: map[string]*Tensor{"k": numbers(3, 1, 3, 3), "c": numbers(3), "w": numbers(4, 48), "b": numbers(4)},
	}
}

func pixels(rows, dim int) ml.Batch {
	rng := rand.New(rand.NewPCG(8, 9))
	b := ml.Batch{Dim: dim, X: make([]float32, rows*dim)}
	for i := range b.X {
		b.X[i] = rng.Float32()
	}
	return b
}

func room(n *Net) (grad [][]float32) {
	for _, p := range n.Params() {
		grad = append(grad, make([]float32, len(p.Value)))
	}
	return grad
}

func trainable(t *testing.T, g *Graph, workers int) *Net {
	t.Helper()
	n, err := Trainable(g, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// seedOf is a loss that depends on the row.
func seedOf(row int, z, dz []float32) {
	for j := range dz {
		dz[j] = z[j] + float32((row+j)%5) - 2
	}
}

// The bits do not depend on the number of workers, with and without clipping.
func TestParamGradWorkers(t *testing.T) {
	x := pixels(150, 36)
	var want string
	for _, workers := range []int{1, 2, 3, 5} {
		n := trainable(t, learner(), workers)
		plain, clipped, norms := room(n), room(n), make([]float64, x.Rows())
		for range 2 { // what is kept between calls does no harm
			if err := n.ParamGrad(t.Context(), x, seedOf, plain); err != nil {
				t.Fatal(err)
			}
			if err := n.ClippedGrad(t.Context(), x, seedOf, 0.5, clipped, norms); err != nil {
				t.Fatal(err)
			}
		}
		got := fmt.Sprint(plain, clipped, norms)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers give other bits", workers)
		}
	}
}

// The clipped gradient is the sum of the gradients of rows alone, each scaled.
// The second graph uses weights twice and in another order, which hides lengths.
func TestClippedGrad(t *testing.T) {
	twice := &Graph{
		Opset: 17, Inputs: []Port{{"x", []int{-1, 6}}}, Outputs: []string{"z"},
		Nodes: []Node{
			{Op: "Gemm", Inputs: []string{"x", "w"}, Outputs: []string{"1"}},
			{Op: "Tanh", Inputs: []string{"1"}, Outputs: []string{"2"}},
			{Op: "Transpose", Inputs: []string{"w"}, Outputs: []string{"t"}},
			{Op: "MatMul", Inputs: []string{"2", "t"}, Outputs: []string{"3"}},
			{Op: "Add", Inputs: []string{"3", "b"}, Outputs: []string{"z"}},
		},
		Const: map[string]*Tensor{"w": numbers(6, 3), "b": numbers(6)},
	}
	for name, c := range map[string]struct {
		g      *Graph
		dim    int
		single bool
	}{"plain": {learner(), 36, false}, "twice": {twice, 6, true}} {
		n := trainable(t, c.g, 2)
		x := pixels(40, c.dim)
		got, norms := room(n), make([]float64, x.Rows())
		if err := n.ClippedGrad(t.Context(), x, seedOf, 1, got, norms); err != nil {
			t.Fatal(err)
		}
		clip := slices.Sorted(slices.Values(norms))[len(norms)/2]
		if err := n.ClippedGrad(t.Context(), x, seedOf, clip, got, norms); err != nil {
			t.Fatal(err)
		}
		if n.step.single != c.single {
			t.Errorf("%s: rows alone = %v, want %v", name, n.step.single, c.single)
		}
		want, alone := room(n), room(n)
		var clipped int
		for i := range x.Rows() {
			seed := func(_ int, z, dz []float32) { seedOf(i, z, dz) }
			if err := n.ParamGrad(t.Context(), x.Pick([]int{i}), seed, alone); err != nil {
				t.Fatal(err)
			}
			var length float64
			for _, g := range alone {
				length += kernel.Square(g)
			}
			length = math.Sqrt(length)
			if math.Abs(length-norms[i]) > 1e-4*(1+length) {
				t.Errorf("%s: row %d has length %v, want %v", name, i, norms[i], length)
			}
			if length > clip {
				clipped++
			}
			for k := range alone {
				for j, v := range alone[k] {
					want[k][j] += v * float32(min(1, clip/length))
				}
			}
		}
		if clipped == 0 || clipped == x.Rows() {
			t.Errorf("%s: %d of %d rows clipped, want some", name, clipped, x.Rows())
		}
		for k := range want {
			for j, v := range want[k] {
				if math.Abs(float64(got[k][j]-v)) > 1e-4*(1+math.Abs(float64(v))) {
					t.Errorf("%s: gradient %d of weights %d = %v, want %v", name, j, k, got[k][j], v)
				}
			}
		}
	}
}

// A net that can be trained answers as the compiled one does, follows its
// weights, and leaves the graph that it was made of alone.
func TestTrainableFollows(t *testing.T) {
	g := learner()
	n := trainable(t, g, 1)
	x := pixels(7, 36)
	compare := func(g *Graph, when string) {
		t.Helper()
		want, err := mustCompile(t, g, Options{}).Predict(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := n.Predict(t.Context(), x)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: logits %v, %v; want %v", when, got, err, want)
		}
	}
	compare(g, "fresh")
	first := g.Const["k"].Float[0]
	for _, p := range n.Params() {
		for i := range p.Value {
			p.Value[i] += 0.25
		}
	}
	compare(n.Graph(), "changed")
	if g.Const["k"].Float[0] != first {
		t.Error("the graph that the net was made of changed")
	}
	if err := n.SelfCheck(t.Context(), x, make([]float32, 36), 1); err != nil {
		t.Errorf("SelfCheck = %v", err)
	}
}

func TestWeightsOf(t *testing.T) {
	g := learner()
	if got, want := fmt.Sprint(Weights(g)), "[k c w b]"; got != want {
		t.Errorf("Weights = %s, want %s", got, want)
	}
	// A single factor is part of a formula, and Sub scales inputs.
	g.Nodes = append([]Node{
		{Op: "Sub", Inputs: []string{"x", "mean"}, Outputs: []string{"s"}},
		{Op: "Mul", Inputs: []string{"s", "half"}, Outputs: []string{"h"}},
	}, g.Nodes...)
	g.Const["mean"], g.Const["half"] = numbers(6), numbers(1)
	if got, want := fmt.Sprint(Weights(g)), "[k c w b]"; got != want {
		t.Errorf("Weights = %s, want %s", got, want)
	}
	if _, err := Trainable(&Graph{Opset: 17, Inputs: g.Inputs, Outputs: []string{"x"}}, Options{}); err == nil {
		t.Error("a graph without weights can be trained")
	}
}
