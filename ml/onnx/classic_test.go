package onnx_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// A classic is what scikit-learn says; testdata/sklearn/make.py says how it
// was made.
type classic struct {
	Rows      int
	X, Scores []float32
	Labels    []int
}

func softmax(z []float32) []float32 {
	var sum float64
	for _, v := range z {
		sum += math.Exp(float64(v))
	}
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32(math.Exp(float64(v)) / sum)
	}
	return out
}

func sigmoids(z []float32) []float32 {
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
	return out
}

func same(z []float32) []float32 { return z }

// turned are the scores that ONNX Runtime hands out for two classes.
func turned(z []float32) []float32 { return []float32{z[1], z[0]} }

// Labels and scores are those of scikit-learn, also on thresholds. What has
// gradients passes the self-check; what has none says so.
func TestClassic(t *testing.T) {
	for _, c := range []struct {
		name   string
		output string
		scores func(z []float32) []float32 // from logits
		blind  bool
	}{
		{"logistic", "softmax", softmax, false},
		{"logistic2", "sigmoid", sigmoids, false},
		{"ridge", "logits", same, false},
		{"forest", "logits", same, true},
		{"forest2", "logits", same, true},
		{"tree", "logits", same, true},
		{"boost", "softmax", softmax, true},
		{"boost2", "sigmoid", sigmoids, true},
		{"svm", "logits", same, false},
		{"svm2", "logits", turned, false},
		{"polynomial", "logits", same, false},
		{"perceptron", "softmax", softmax, false},
		{"perceptron2", "sigmoid", softmax, false}, // logits 0 and z
	} {
		n := open(t, "sklearn/"+c.name)
		b, err := os.ReadFile("../testdata/sklearn/" + c.name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want classic
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		x := ml.Batch{X: want.X, Dim: 4}
		z, err := n.Predict(t.Context(), x)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := n.Spec().Output; got != c.output {
			t.Errorf("%s: output %q, want %q", c.name, got, c.output)
		}
		k := n.Spec().Classes
		var scores []float32
		for i, label := range want.Labels {
			row := z[i*k : (i+1)*k]
			if got := ml.Argmax(row); got != label {
				t.Errorf("%s: row %d is of class %d, want %d", c.name, i, got, label)
			}
			scores = append(scores, c.scores(row)...)
		}
		if d := distance(scores, want.Scores); d > 5e-6 {
			t.Errorf("%s: scores differ by %.2g of the largest", c.name, d)
		}
		checkGradients(t, c.name, n, x, c.blind)
	}
}

func checkGradients(t *testing.T, name string, n *graph.Net, x ml.Batch, blind bool) {
	t.Helper()
	check := n.SelfCheck(t.Context(), x, []float32{1, 1, 1, 1}, 1)
	err := n.VJP(t.Context(), x, func(_ int, _, dz []float32) { dz[0] = 1 }, make([]float32, len(x.X)))
	if !blind {
		if err != nil || check != nil || n.Gradients() != nil {
			t.Errorf("%s: VJP = %v, SelfCheck = %v, Gradients = %v; want nil", name, err, check, n.Gradients())
		}
		return
	}
	for what, err := range map[string]error{"VJP": err, "SelfCheck": check, "Gradients": n.Gradients()} {
		var op *graph.OpError
		if !errors.Is(err, ml.ErrNoGradient) || !errors.As(err, &op) || op.Op != "ai.onnx.ml.TreeEnsembleClassifier" || errors.Is(err, ml.ErrSelfCheck) {
			t.Errorf("%s: %s = %v, want %v of the trees", name, what, err, ml.ErrNoGradient)
		}
	}
}

// A forest read from a file keeps its trees: the file is parsed, not trusted.
func TestClassicParse(t *testing.T) {
	b, err := os.ReadFile("../testdata/sklearn/tree.onnx")
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	modes := g.Nodes[0].Attr["nodes_modes"].Texts
	if len(modes) != len(g.Nodes[0].Attr["nodes_values"].Floats) || modes[0] != "BRANCH_LEQ" {
		t.Errorf("modes %q, want one for each node, the first BRANCH_LEQ", modes)
	}
}
