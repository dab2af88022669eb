package screen_test

import (
	"math"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/screen"
	"quintain/ml/train"
)

// learn trains the network of the tests on b.
func learn(t *testing.T, b ml.Batch) (*graph.Graph, *graph.Net) {
	t.Helper()
	g, err := train.Fit(t.Context(), train.MLP([]int{64, 128, 64, 10}, 1), b, train.Options{Epochs: 30, Batch: 64, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g, net
}

// stamped returns the test rows of other classes than target with the patch.
func stamped(target int32) ml.Batch {
	_, test := datasets.Split(datasets.Digits())
	var other []int
	for i, y := range test.Y {
		if y != target {
			other = append(other, i)
		}
	}
	x := test.Pick(other)
	for i := range x.Rows() {
		for _, p := range patch {
			x.Row(i)[p] = 1
		}
	}
	return x
}

// All detectors of backdoors point at the poisoned class and rows of a model
// that has one, and Neural Cleanse at none of one that has not.
func TestBackdooredModel(t *testing.T) {
	const target = 0
	b, picked := poisoned(t, 72, target, 5)
	g, net := learn(t, b)
	_, test := datasets.Split(datasets.Digits())

	masks, err := screen.Reverse(t.Context(), net, test, screen.ReverseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range masks {
		if flagged := m.Index > screen.Anomalous; flagged != (m.Target == target) {
			t.Errorf("class %d: mask of size %.2f, index %.2f, flips %.2f", m.Target, m.Size, m.Index, m.Flips)
		}
	}

	acts, err := screen.Activations(t.Context(), g, b)
	if err != nil {
		t.Fatal(err)
	}
	if acts.Dim != 64 || acts.Rows() != b.Rows() {
		t.Fatalf("activations of %d rows of %d, want %d of 64", acts.Rows(), acts.Dim, b.Rows())
	}
	split := screen.Cluster(acts, 1)[target]
	caught := 0
	for _, r := range split.Rows {
		if slices.Contains(picked, r) {
			caught++
		}
	}
	if split.Label != target || 2*caught < len(picked) {
		t.Errorf("the smaller part of class %d holds %d of %d poisoned rows", split.Label, caught, len(picked))
	}
	if auc := above(screen.Spectral(acts, 1), b, picked, target); auc <= 0.5 {
		t.Errorf("poisoned rows stand out of their class with AUC %.2f, want above chance", auc)
	}

	train, _ := datasets.Split(datasets.Digits())
	low, err := screen.Blend(t.Context(), net, stamped(target).Pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), train, 100, slices.Repeat([]float32{1}, 64), 1)
	if err != nil {
		t.Fatal(err)
	}
	high, err := screen.Blend(t.Context(), net, test.Pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), train, 100, slices.Repeat([]float32{1}, 64), 1)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Max(low) >= slices.Min(high) {
		t.Errorf("entropies with the trigger %.2f, without %.2f; want them apart", low, high)
	}
}

// above returns how often a poisoned row of the class scores above another.
func above(score []float64, b ml.Batch, picked []int, class int32) float64 {
	var wins, pairs float64
	for i, y := range b.Y {
		if y != class || slices.Contains(picked, i) {
			continue
		}
		for _, p := range picked {
			pairs++
			if score[p] > score[i] {
				wins++
			}
		}
	}
	return wins / pairs
}

func TestCleanModel(t *testing.T) {
	b, test := datasets.Split(datasets.Digits())
	_, net := learn(t, b)
	masks, err := screen.Reverse(t.Context(), net, test, screen.ReverseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range masks {
		if m.Index > screen.Anomalous {
			t.Errorf("class %d of a clean model: mask of size %.2f, index %.2f", m.Target, m.Size, m.Index)
		}
	}
}

// The mean weight of every class, whichever way the matrix lies, and how far it
// is above the median in scaled median deviations.
func TestPulls(t *testing.T) {
	rows := [][]float32{{1, 3}, {0, 2}, {-1, 1}, {2, 10}, {0, 0}} // means 2, 1, 0, 6, 0
	flat := &graph.Tensor{Shape: []int{2, 5}, Float: []float32{1, 0, -1, 2, 0, 3, 2, 1, 10, 0}}
	lying := &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, 2}}}, Outputs: []string{"z"},
		Nodes: []graph.Node{{Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"z"}}}, Const: map[string]*graph.Tensor{"w": flat},
	}
	for name, g := range map[string]*graph.Graph{"linear": graph.Linear(rows, make([]float32, 5)), "transposed": lying} {
		got, err := screen.Pulls(g)
		if err != nil || len(got) != 5 {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		for y, want := range []float64{2, 1, 0, 6, 0} { // median 1, deviations 1, 0, 1, 5, 1
			if p := got[y]; p.Label != y || p.Mean != want || math.Abs(p.Index-(want-1)/1.4826) > 1e-12 {
				t.Errorf("%s: class %d: %+v, want mean %v and index %v", name, y, p, want, (want-1)/1.4826)
			}
		}
	}
	if p, err := screen.Pulls(&graph.Graph{}); err == nil {
		t.Errorf("no layer: %v", p)
	}
}
