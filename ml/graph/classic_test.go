package graph

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"quintain/ml"
)

func TestClassicGradient(t *testing.T) {
	w := map[string]Attr{
		"coefficients": {Floats: numbers(12).Float}, "intercepts": {Floats: []float32{1, 2, 3}},
		"classlabels_ints": list(0, 1, 2), "targets": {Int: 3},
	}
	for _, op := range []string{"ai.onnx.ml.LinearClassifier", "ai.onnx.ml.LinearRegressor"} {
		for _, post := range []string{"", "NONE", "LOGISTIC", "SOFTMAX"} {
			a := maps.Clone(w)
			a["post_transform"] = Attr{Text: post}
			nd := Node{Op: op, Inputs: []string{"x"}, Outputs: []string{"label", "y"}, Attr: a}
			if op == "ai.onnx.ml.LinearRegressor" {
				nd.Outputs = nd.Outputs[1:]
			}
			checkGraph(t, op+" "+post, &Graph{Opset: 17, Nodes: []Node{nd}}, []int{5, 4}, -1, 1)
		}
	}
	for _, post := range []string{"NONE", "LOGISTIC", rawScores} {
		checkGraph(t, "one score, "+post, &Graph{Opset: 17, Nodes: []Node{{
			Op: "ai.onnx.ml.LinearClassifier", Inputs: []string{"x"}, Outputs: []string{"label", "y"}, Attr: map[string]Attr{
				"coefficients": {Floats: numbers(4).Float}, "intercepts": {Floats: []float32{1}},
				"classlabels_ints": list(0, 1), "post_transform": {Text: post},
			},
		}}}, []int{5, 4}, -1, 1)
	}
	for _, u := range []use{
		{op: "ai.onnx.ml.Scaler", attr: map[string]Attr{"scale": {Floats: []float32{1, 2, 3, 4}}, "offset": {Floats: []float32{5}}}},
		{op: "ai.onnx.ml.Normalizer", attr: map[string]Attr{"norm": {Text: "L1"}}},
		{op: "ai.onnx.ml.Normalizer", attr: map[string]Attr{"norm": {Text: "L2"}}},
	} {
		u.x = []int{5, 4}
		u.check(t)
	}
}

func vectors(kind string) Node {
	return Node{Op: "ai.onnx.ml.SVMClassifier", Name: "n", Inputs: []string{"x"}, Outputs: []string{"label", "y"}, Attr: map[string]Attr{
		"classlabels_ints": list(0, 1, 2), "vectors_per_class": list(2, 1, 2), "kernel_type": {Text: kind},
		"support_vectors": {Floats: numbers(20).Float}, "coefficients": {Floats: numbers(2, 5).Float},
		"rho": {Floats: []float32{1, 2, 3}}, "kernel_params": {Floats: []float32{0.5, 2, 3}},
	}}
}

func TestSVMGradient(t *testing.T) {
	for _, kind := range []string{"LINEAR", "RBF", "POLY", "SIGMOID"} {
		checkGraph(t, kind, &Graph{Opset: 17, Nodes: []Node{vectors(kind)}}, []int{3, 4}, -1, 1)
	}
	use{op: "ai.onnx.ml.ArrayFeatureExtractor", x: []int{3, 4}, inputs: []string{"x", "c"}, consts: map[string]*Tensor{"c": whole(3, 0)}}.check(t)
}

func TestSVMRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		attr string
		to   Attr
		want error
	}{
		"few vectors":      {"support_vectors", Attr{Floats: numbers(19).Float}, ErrInvalid},
		"few coefficients": {"coefficients", Attr{Floats: numbers(9).Float}, ErrInvalid},
		"few offsets":      {"rho", Attr{Floats: numbers(2).Float}, ErrInvalid},
		"negative":         {"vectors_per_class", list(2, -1, 4), ErrInvalid},
		"two of three":     {"vectors_per_class", list(2, 3), ErrUnsupported},
		"probabilities":    {"prob_a", Attr{Floats: []float32{1}}, ErrUnsupported},
		"another kernel":   {"kernel_type", Attr{Text: "COSINE"}, ErrUnsupported},
		"pairs as classes": {"", Attr{}, ErrUnsupported},
	} {
		g := &Graph{Opset: 17, Inputs: []Port{{"x", []int{-1, 4}}}, Outputs: []string{"t"}, Nodes: []Node{
			vectors("RBF"), {Op: "Tanh", Inputs: []string{"y"}, Outputs: []string{"t"}},
		}}
		g.Nodes[0].Attr[c.attr] = c.to
		if c.attr == "" {
			g.Outputs = []string{"label", "y"}
		}
		if _, err := Compile(g, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: Compile = %v, want %v", name, err, c.want)
		}
	}
}

// stump is a tree: feature 1 is at most 0.5, or is not.
func stump() *Graph {
	return &Graph{
		Opset: 17, Inputs: []Port{{"x", []int{-1, 2}}}, Outputs: []string{"label", "y"},
		Nodes: []Node{{Op: "ai.onnx.ml.TreeEnsembleClassifier", Name: "n", Inputs: []string{"x"}, Outputs: []string{"label", "y"}, Attr: map[string]Attr{
			"nodes_treeids": list(7, 7, 7), "nodes_nodeids": list(0, 1, 2), "nodes_featureids": list(1, 0, 0),
			"nodes_truenodeids": list(1, 0, 0), "nodes_falsenodeids": list(2, 0, 0),
			"nodes_values": {Floats: []float32{0.5, 0, 0}}, "nodes_modes": {Texts: []string{"BRANCH_LEQ", "LEAF", "LEAF"}},
			"class_treeids": list(7, 7, 7), "class_nodeids": list(1, 2, 2), "class_ids": list(0, 1, 0),
			"class_weights": {Floats: []float32{1, 0.75, 0.25}}, "classlabels_int64s": list(0, 1),
		}}},
	}
}

func TestForest(t *testing.T) {
	x := ml.Batch{X: []float32{9, 0.5, 9, 0.6}, Dim: 2}
	for mode, want := range map[string][]float32{
		"BRANCH_LEQ": {1, 0, 0.25, 0.75}, "BRANCH_LT": {0.25, 0.75, 0.25, 0.75}, "BRANCH_GTE": {1, 0, 1, 0},
		"BRANCH_GT": {0.25, 0.75, 1, 0}, "BRANCH_EQ": {1, 0, 0.25, 0.75}, "BRANCH_NEQ": {0.25, 0.75, 1, 0},
	} {
		g := stump()
		g.Nodes[0].Attr["nodes_modes"].Texts[0] = mode
		n := mustCompile(t, g, Options{})
		if got, err := n.Predict(t.Context(), x); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: Predict = %v, %v; want %v", mode, got, err, want)
		}
	}
}

func TestForestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		attr string
		to   Attr
		want error
	}{
		"a circle":            {"nodes_truenodeids", list(0, 0, 0), ErrInvalid},
		"two parents":         {"nodes_falsenodeids", list(1, 0, 0), ErrInvalid},
		"a node elsewhere":    {"nodes_falsenodeids", list(9, 0, 0), ErrInvalid},
		"a node twice":        {"nodes_nodeids", list(0, 1, 1), ErrInvalid},
		"features":            {"nodes_featureids", list(2, 0, 0), ErrInvalid},
		"few values":          {"nodes_values", Attr{Floats: []float32{1}}, ErrInvalid},
		"unknown mode":        {"nodes_modes", Attr{Texts: []string{"BRANCH_IN", "LEAF", "LEAF"}}, ErrUnsupported},
		"weights of branches": {"class_nodeids", list(0, 2, 2), ErrInvalid},
		"scores":              {"class_ids", list(0, 1, 2), ErrInvalid},
		"called otherwise":    {"classlabels_int64s", list(1, 2), ErrUnsupported},
		"no nodes":            {"nodes_nodeids", Attr{}, ErrUnsupported},
	} {
		g := stump()
		g.Nodes[0].Attr[c.attr] = c.to
		if _, err := Compile(g, Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: Compile = %v, want %v", name, err, c.want)
		}
	}
	g := stump()
	g.Outputs = []string{"label"}
	if _, err := Compile(g, Options{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("labels alone: Compile = %v, want %v", err, ErrUnsupported)
	}
	g = stump()
	g.Nodes[0].Op = "ai.onnx.ml.TreeEnsembleRegressor"
	if _, err := Compile(g, Options{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a regression: Compile = %v, want %v", err, ErrUnsupported)
	}
}
