package relu_test

import (
	"errors"
	"testing"

	"quintain/attack/extraction"
	"quintain/attack/extraction/extractiontest"
	"quintain/attack/extraction/relu"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

func Test(t *testing.T) { extractiontest.Run(t, relu.Attack) }

// TestFraud copies a network with 16 hidden units that was trained on payments.
func TestFraud(t *testing.T) {
	b := datasets.Fraud(2000, 0.3, 1)
	g, err := train.Fit(t.Context(), train.MLP([]int{b.Dim, 16, 2}, 1), b, train.Options{Epochs: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := extractiontest.Compile(t, g)
	low, high := make([]float32, b.Dim), make([]float32, b.Dim)
	for j := range high {
		high[j] = 1
	}
	tr, asked := extractiontest.Trial(m, extraction.Scores, low, high, ml.Batch{}, 2500, 1)
	c, err := relu.Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	got := extractiontest.Fidelity(t, m, extractiontest.Compile(t, c.Graph), datasets.Fraud(4000, 0.3, 2))
	t.Logf("%s with %d queries: fidelity %.4f", c.Says, asked(), got)
	if got < 0.995 {
		t.Errorf("fidelity %v with %d queries, want 0.995", got, asked())
	}
}

func TestUnfit(t *testing.T) {
	linear := extractiontest.Compile(t, graph.Linear([][]float32{{0, 0}, {1, 2}}, []float32{0, 0}))
	deep := extractiontest.Compile(t, train.MLP([]int{2, 8, 8, 2}, 1))
	for name, c := range map[string]struct {
		m ml.Oracle
		a extraction.Answers
	}{"a linear model": {linear, extraction.Scores}, "labels": {deep, extraction.Labels}, "rounded scores": {deep, extraction.Rounded(3)}} {
		tr, _ := extractiontest.Trial(c.m, c.a, []float32{-1, -1}, []float32{1, 1}, ml.Batch{}, 400, 1)
		if _, err := relu.Attack.Run(t.Context(), tr); !errors.Is(err, extraction.ErrUnfit) {
			t.Errorf("%s: %v, want ErrUnfit", name, err)
		}
	}
}
