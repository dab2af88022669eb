package train_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// Three steps on all rows end where PyTorch's do; testdata/make.py made them.
// Single precision and another order of sums leave 2e-5.
func TestStepsLikePyTorch(t *testing.T) {
	var steps []struct {
		Net, Optimizer string
		X              []float32
		Y              []int32
		Weights        map[string][]float32
	}
	b, err := os.ReadFile("testdata/steps.json")
	if err == nil {
		err = json.Unmarshal(b, &steps)
	}
	if err != nil || len(steps) != 12 {
		t.Fatalf("%d golden steps, %v; want 12", len(steps), err)
	}
	options := map[string]train.Options{
		"adam":         {Rate: 1e-2},
		"adam-decay":   {Rate: 1e-2, WeightDecay: 0.1},
		"sgd":          {Rate: 0.1, Optimizer: train.SGD},
		"sgd-momentum": {Rate: 0.1, Optimizer: train.SGD, Momentum: 0.9, WeightDecay: 0.01},
	}
	for _, s := range steps {
		file, err := os.ReadFile("testdata/" + s.Net + ".onnx")
		if err != nil {
			t.Fatal(err)
		}
		g, err := onnx.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		o := options[s.Optimizer]
		o.Epochs, o.Batch = 3, len(s.Y)
		out, err := train.Fit(t.Context(), g, ml.Batch{X: s.X, Dim: len(s.X) / len(s.Y), Y: s.Y}, o)
		if err != nil {
			t.Errorf("%s, %s: Fit = %v", s.Net, s.Optimizer, err)
			continue
		}
		if got := len(graph.Weights(g)); got != len(s.Weights) {
			t.Errorf("%s: %d weights %q can be trained, PyTorch has %d", s.Net, got, graph.Weights(g), len(s.Weights))
		}
		for name, want := range s.Weights {
			got := out.Const[name]
			if got == nil || len(got.Float) != len(want) {
				t.Errorf("%s: no weights %q of that size", s.Net, name)
				continue
			}
			for i, v := range want {
				if math.Abs(float64(got.Float[i]-v)) > 2e-5 {
					t.Errorf("%s, %s: %q[%d] = %v, want %v", s.Net, s.Optimizer, name, i, got.Float[i], v)
					break
				}
			}
		}
	}
}
