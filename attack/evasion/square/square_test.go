package square_test

import (
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/square"
	"quintain/ml"
	"quintain/ml/graph"
)

func Test(t *testing.T) { evasiontest.BlackBox(t, square.Attack) }

// Of 347 digits 310, 219 and 7 cannot be turned; a search may leave a few more.
func TestDigits(t *testing.T) {
	for eps, exact := range map[float32]int{0.05: 310, 0.1: 219, 0.2: 7} {
		tr := evasiontest.Digits(t, eps)
		tr.Model = struct{ ml.Oracle }{tr.Model}
		got := evasiontest.Standing(t, square.Attack, tr)
		if got < exact || got > exact+15 {
			t.Errorf("eps %v: %d rows stand, want %d to %d", eps, got, exact, exact+15)
		}
	}
}

// A tree can hide another class in the middle of the ball, where no edge is.
func TestBetween(t *testing.T) {
	ints := func(v ...int64) graph.Attr { return graph.Attr{Ints: v} }
	g := &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, 2}}}, Outputs: []string{"label", "z"},
		Nodes: []graph.Node{{
			Op: "ai.onnx.ml.TreeEnsembleClassifier", Inputs: []string{"x"}, Outputs: []string{"label", "z"},
			Attr: map[string]graph.Attr{
				"classlabels_int64s": ints(0, 1), "nodes_treeids": ints(0, 0, 0, 0, 0), "nodes_nodeids": ints(0, 1, 2, 3, 4),
				"nodes_featureids": ints(0, 0, 0, 0, 0), "nodes_truenodeids": ints(1, 0, 3, 0, 0), "nodes_falsenodeids": ints(2, 0, 4, 0, 0),
				"nodes_values":  {Floats: []float32{0.6, 0, 0.7, 0, 0}},
				"nodes_modes":   {Texts: []string{"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"}},
				"class_treeids": ints(0, 0, 0), "class_nodeids": ints(1, 3, 4), "class_ids": ints(0, 1, 0),
				"class_weights": {Floats: []float32{1, 1, 1}},
			},
		}},
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := &evasion.Trial{Model: net, Seed: 1, Batch: ml.Batch{Dim: 2}, Ball: evasion.Ball{
		Radius: []float32{0.3, 0.3}, Low: []float32{0, 0}, High: []float32{1, 1},
	}}
	for range 20 {
		tr.Batch.X, tr.Batch.Y = append(tr.Batch.X, 0.5, 0.5), append(tr.Batch.Y, 0)
	}
	if got := evasiontest.Standing(t, square.Attack, tr); got != 0 {
		t.Errorf("%d of 20 rows stand, though the other class lies between 0.6 and 0.7 of [0.2, 0.8]", got)
	}
	tr.Ball.Radius = []float32{0.05, 0.05}
	if got := evasiontest.Standing(t, square.Attack, tr); got != 20 {
		t.Errorf("%d of 20 rows stand, though the other class is out of reach", got)
	}
}

// In an image a channel of a square goes one way: whatever the search ends at,
// and begins with, all features are at an edge of the ball.
func TestImage(t *testing.T) {
	tr := evasiontest.Golden(t, "../../../ml/testdata/cnn.onnx", 30, -3, 3, 0.03)
	res, err := square.Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	for i := range res.Adv.Rows() {
		for k, v := range res.Adv.Row(i) {
			c, r := tr.Batch.Row(i)[k], tr.Ball.Radius[k]
			if edges := []float32{max(c-r, tr.Ball.Low[k]), min(c+r, tr.Ball.High[k])}; !slices.Contains(edges, v) {
				t.Fatalf("row %d, feature %d is %v, want one of %v", i, k, v, edges)
			}
		}
	}
	fell, err := evasion.Fooled(t.Context(), tr.Model, res.Adv)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range fell {
		if f {
			n++
		}
	}
	if n < 10 {
		t.Errorf("%d of 30 rows fell, want at least 10", n)
	}
}
