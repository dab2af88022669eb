package graph_test

import (
	"math/rand/v2"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
)

// A sum of 200,000 Relus bends within any step of a hundred thousandth. Its
// gradient is right all the same, and the self-check does not take the bends
// for a mistake.
func TestSelfCheckManyKinks(t *testing.T) {
	const units = 200_000
	rng := rand.New(rand.NewPCG(1, 9))
	w, b, v := &graph.Tensor{Shape: []int{1, units}}, &graph.Tensor{Shape: []int{units}}, &graph.Tensor{Shape: []int{units, 2}}
	for range units {
		w.Float, b.Float = append(w.Float, 1), append(b.Float, -rng.Float32())
		u := float32(2*rng.IntN(2) - 1)
		v.Float = append(v.Float, u, -u)
	}
	g := &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, 1}}}, Outputs: []string{"z"},
		Const: map[string]*graph.Tensor{"w": w, "b": b, "v": v},
		Nodes: []graph.Node{
			{Op: "Gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"}},
			{Op: "Relu", Inputs: []string{"h"}, Outputs: []string{"r"}},
			{Op: "MatMul", Inputs: []string{"r", "v"}, Outputs: []string{"z"}},
		},
	}
	x := ml.Batch{Dim: 1}
	for range 8 {
		x.X = append(x.X, 0.2+0.6*rng.Float32())
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := net.SelfCheck(t.Context(), x, []float32{1}, 1); err != nil {
		t.Errorf("SelfCheck of many kinks = %v", err)
	}
}
