package graph

import (
	"errors"
	"testing"
)

// oneBranch is a tree of one branch.
func oneBranch(mode string, features ...int64) *Graph {
	ints := func(v ...int64) Attr { return Attr{Ints: v} }
	return &Graph{
		Opset: 17, Inputs: []Port{{"x", []int{-1, 2}}}, Outputs: []string{"label", "z"},
		Nodes: []Node{{
			Op: "ai.onnx.ml.TreeEnsembleClassifier", Inputs: []string{"x"}, Outputs: []string{"label", "z"},
			Attr: map[string]Attr{
				"classlabels_int64s": ints(0, 1), "nodes_treeids": ints(0, 0, 0), "nodes_nodeids": ints(0, 1, 2),
				"nodes_featureids": ints(features...), "nodes_truenodeids": ints(1, 0, 0), "nodes_falsenodeids": ints(2, 0, 0),
				"nodes_values": {Floats: []float32{0.5, 0, 0}}, "nodes_modes": {Texts: []string{mode, "LEAF", "LEAF"}},
				"class_treeids": ints(0, 0), "class_nodeids": ints(1, 2), "class_ids": ints(0, 1),
				"class_weights": {Floats: []float32{3, 4}},
			},
		}},
	}
}

// All ways to compare by order become less than the cut, and no other way.
func TestForestModes(t *testing.T) {
	for mode, c := range map[string]struct {
		below float64 // score of class 0 below the cut
		at    bool    // 0.5 is below the cut
	}{"BRANCH_LEQ": {3, true}, "BRANCH_LT": {3, false}, "BRANCH_GTE": {0, false}, "BRANCH_GT": {0, true}} {
		f, err := mustCompile(t, oneBranch(mode, 1, 0, 0), Options{}).Forest()
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		b := f.Trees[0]
		if b.Feature != 1 || b.Below.Scores[0] != c.below || 0.5 < b.Cut != c.at {
			t.Errorf("%s: feature %d, cut %v, %v below it", mode, b.Feature, b.Cut, b.Below.Scores)
		}
	}
	for _, mode := range []string{"BRANCH_EQ", "BRANCH_NEQ"} {
		if _, err := mustCompile(t, oneBranch(mode, 0, 0, 0), Options{}).Forest(); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: Forest = %v, want %v", mode, err, ErrUnsupported)
		}
	}
	if _, err := mustCompile(t, small(-1), Options{}).Forest(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a network: Forest = %v, want %v", err, ErrUnsupported)
	}
}
