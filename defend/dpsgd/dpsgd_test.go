package dpsgd

import (
	"errors"
	"strings"
	"testing"

	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// TestAccount counts the steps of 60 epochs over 900 rows, 15 each. What they
// prove, the accountant of package dp says for itself.
func TestAccount(t *testing.T) {
	s := defend.Settings{Batch: 64, Epochs: 60, Noise: 1, Delta: 1e-5}
	m := mechanism(s, 900)
	if m.Steps != 900 || m.Rate != 64.0/900 || m.Noise != 1 {
		t.Fatalf("mechanism %+v, want 900 steps at 64/900", m)
	}
	if text := account(s, 900); !strings.Contains(text, "over 900 steps") || !strings.Contains(text, "by Renyi") {
		t.Errorf("account says %q", text)
	}
	s.Noise = 0
	if text := account(s, 900); !strings.Contains(text, "no privacy") {
		t.Errorf("without noise the account says %q", text)
	}
}

// TestUnfit refuses a model whose normalization keeps means of the rows.
func TestUnfit(t *testing.T) {
	g := train.MLP([]int{2, 3, 2}, 1)
	tr := &defend.Trial{
		Stale: true, Graph: g, Rows: ml.Batch{X: []float32{0, 0, 1, 1}, Dim: 2, Y: []int32{0, 1}}, Classes: 2,
		Settings: defend.Settings{Batch: 2, Epochs: 1, Rate: 0.1, Clip: 1, Noise: 1, Delta: 1e-5},
	}
	if _, err := harden(t.Context(), tr); err != nil {
		t.Fatalf("a plain network: %v", err)
	}
	flat := func(v float32) *graph.Tensor { return &graph.Tensor{Shape: []int{2}, Float: []float32{v, v}} }
	for _, name := range []string{"s", "b", "m", "v"} {
		g.Const[name] = flat(1)
	}
	out := g.Outputs[0]
	g.Nodes = append(g.Nodes, graph.Node{Op: "BatchNormalization", Inputs: []string{out, "s", "b", "m", "v"}, Outputs: []string{"normal"}})
	g.Outputs = []string{"normal"}
	if _, err := harden(t.Context(), tr); !errors.Is(err, defend.ErrUnfit) || !strings.Contains(err.Error(), "means of the rows") {
		t.Errorf("with batch normalization: %v, want %v", err, defend.ErrUnfit)
	}
}
