package tree_test

import (
	"errors"
	"testing"

	"quintain/attack/extraction"
	"quintain/attack/extraction/extractiontest"
	"quintain/attack/extraction/tree"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

func Test(t *testing.T) { extractiontest.Run(t, tree.Attack) }

// TestTumors copies a tree of depth 3 on 30 features whole.
func TestTumors(t *testing.T) {
	b := datasets.Cancer()
	g, err := train.Boost(t.Context(), b, 2, train.BoostOptions{Rounds: 1, Depth: 3})
	if err != nil {
		t.Fatal(err)
	}
	m := extractiontest.Compile(t, g)
	low, high := append([]float32(nil), b.Row(0)...), append([]float32(nil), b.Row(0)...)
	for i := range b.Rows() {
		for j, v := range b.Row(i) {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
	tr, asked := extractiontest.Trial(m, extraction.Scores, low, high, ml.Batch{}, 2000, 1)
	c, err := tree.Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	if got := extractiontest.Fidelity(t, m, c.Model, b); got < 0.995 {
		t.Errorf("fidelity %v with %d queries, want 0.995", got, asked())
	}
	t.Logf("%s with %d queries", c.Says, asked())
}

func TestNoTree(t *testing.T) {
	m := extractiontest.Compile(t, graph.Linear([][]float32{{0, 0}, {1, 2}}, []float32{0, 0}))
	tr, _ := extractiontest.Trial(m, extraction.Scores, []float32{0, 0}, []float32{1, 1}, ml.Batch{}, 100, 1)
	if _, err := tree.Attack.Run(t.Context(), tr); !errors.Is(err, extraction.ErrUnfit) {
		t.Errorf("a linear model is taken for a tree: %v", err)
	}
}
