package graph

import (
	"errors"
	"math"
	"testing"

	"quintain/ml"
)

// follow evaluates layers.
func follow(layers []Layer, x []float32) []float64 {
	v := make([]float64, len(x))
	for i, f := range x {
		v[i] = float64(f)
	}
	for _, l := range layers {
		next := make([]float64, len(l.W))
		for j, w := range l.W {
			next[j] = l.B[j]
			for i, f := range w {
				next[j] += f * v[i]
			}
			if l.Relu {
				next[j] = math.Max(next[j], 0)
			}
		}
		v = next
	}
	return v
}

// line returns a graph of nodes one after the other.
func line(shape []int, consts map[string]*Tensor, nodes ...Node) *Graph {
	g := &Graph{Opset: 17, Inputs: []Port{{"x", shape}}, Const: consts}
	last := "x"
	for _, nd := range nodes {
		nd.Inputs = append([]string{last}, nd.Inputs...)
		last += "'"
		nd.Outputs = []string{last}
		g.Nodes = append(g.Nodes, nd)
	}
	g.Outputs = []string{last}
	return g
}

func with(op string, inputs ...string) Node { return Node{Op: op, Inputs: inputs} }

func padded(pad int64) Node {
	nd := with("Conv", "k", "kb")
	nd.Attr = map[string]Attr{"pads": {Ints: []int64{pad, pad, pad, pad}}}
	return nd
}

// What the layers of a chain give is what the model gives.
func TestChain(t *testing.T) {
	alpha := with("Gemm", "w", "b")
	alpha.Attr = map[string]Attr{"alpha": {Float: 0.5}, "beta": {Float: 3}}
	flat := map[string]*Tensor{
		"w": numbers(5, 7), "b": numbers(7), "v": numbers(7, 3), "c": numbers(3), "one": numbers(3, 1),
		"m": {Shape: []int{5}, Float: []float32{1, 2, 3, 4, 5}}, "s": {Shape: []int{5}, Float: []float32{2, 4, 0.5, 1, 3}},
	}
	for name, c := range map[string]struct {
		g      *Graph
		layers int
	}{
		"scaled":  {line([]int{-1, 5}, flat, with("Sub", "m"), with("Div", "s"), alpha, with("Relu"), with("MatMul", "v"), with("Add", "c"), with("Softmax")), 5},
		"deep":    {line([]int{-1, 5}, flat, with("Identity"), with("Gemm", "w", "b"), with("Relu"), with("Relu"), with("Gemm", "v", "c"), with("Relu")), 2},
		"one":     {line([]int{-1, 5}, flat, with("Gemm", "w", "b"), with("Relu"), with("Gemm", "v", "c"), with("Neg"), with("Relu"), with("MatMul", "one"), with("Sigmoid")), 5},
		"picture": {line([]int{-1, 2, 4, 4}, map[string]*Tensor{"k": numbers(3, 2, 3, 3), "kb": numbers(3), "w": numbers(48, 3)}, padded(1), with("Relu"), with("Flatten"), with("MatMul", "w")), 2},
	} {
		n := mustCompile(t, c.g, Options{})
		layers, err := n.Chain(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(layers) != c.layers {
			t.Errorf("%s: %d layers, want %d", name, len(layers), c.layers)
		}
		dim := n.Spec().Dim()
		x := ml.Batch{X: rows(dim).X[:3*dim], Dim: dim}
		z, err := n.Predict(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			for j, v := range follow(layers, x.Row(i)) {
				if want := float64(z[i*n.Spec().Classes+j]); math.Abs(v-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s: logit %d of row %d is %v by layers, want %v", name, j, i, v, want)
				}
			}
		}
	}
}

// What is no chain of affine maps and Relu is refused, and never taken for one.
func TestNoChain(t *testing.T) {
	flat := map[string]*Tensor{"w": numbers(5, 5), "b": numbers(5), "big": numbers(5, 1<<11), "wide": numbers(1<<11, 1<<12)}
	square := line([]int{-1, 5}, flat, with("Gemm", "w", "b"))
	square.Nodes = append(square.Nodes, Node{Op: "Mul", Inputs: []string{"x'", "x'"}, Outputs: []string{"y"}})
	square.Outputs = []string{"y"}
	skip := line([]int{-1, 5}, flat, with("Gemm", "w", "b"), with("Relu"))
	skip.Nodes = append(skip.Nodes, Node{Op: "Add", Inputs: []string{"x''", "x'"}, Outputs: []string{"y"}})
	skip.Outputs = []string{"y"}
	upside := line([]int{-1, 5}, flat, with("Gemm", "w", "b"))
	upside.Nodes = append(upside.Nodes, Node{Op: "Div", Inputs: []string{"b", "x'"}, Outputs: []string{"y"}})
	upside.Outputs = []string{"y"}
	for name, c := range map[string]struct {
		g    *Graph
		want error
	}{
		"bend":       {line([]int{-1, 5}, flat, with("Gemm", "w", "b"), with("Tanh"), with("MatMul", "w")), ErrUnsupported},
		"square":     {square, ErrUnsupported},
		"skip":       {skip, ErrUnsupported},
		"upside":     {upside, ErrUnsupported},
		"no weights": {line([]int{-1, 5}, flat, with("Softmax")), ErrUnsupported},
		"Relu first": {line([]int{-1, 5}, flat, with("Relu"), with("MatMul", "w")), ErrUnsupported},
		"batch":      {line([]int{4, 5}, map[string]*Tensor{"m": numbers(4, 5)}, with("Add", "m")), ErrUnsupported},
		"large":      {line([]int{-1, 5}, flat, with("MatMul", "big"), with("MatMul", "wide")), ErrTooLarge},
	} {
		if _, err := mustCompile(t, c.g, Options{}).Chain(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: Chain = %v, want %v", name, err, c.want)
		}
	}
}
