package train_test

import (
	"math"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// robust counts the rows of a linear classifier that no change of each pixel by
// up to eps within 0 and 1 turns: the margin is a sum over pixels, so its
// smallest value is found pixel by pixel.
func robust(w, b []float32, x ml.Batch, eps float64) (n int) {
	k, d := len(b), x.Dim
	for i := range x.Rows() {
		y, held := int(x.Y[i]), true
		for j := range k {
			if j == y {
				continue
			}
			m := float64(b[y]) - float64(b[j])
			for p, v := range x.Row(i) {
				diff := float64(w[y*d+p]) - float64(w[j*d+p])
				lo, hi := math.Max(float64(v)-eps, 0), math.Min(float64(v)+eps, 1)
				m += math.Min(diff*lo, diff*hi)
			}
			held = held && m > 0
		}
		if held {
			n++
		}
	}
	return n
}

// The optimum is unique, so every correct solver finds these figures. They are
// from scikit-learn's newton-cg, which ends at a gradient of 1e-9; its lbfgs
// stops at 2e-3 whatever tolerance it is given, and is off by 2e-3 in the biases.
func TestLogisticAnchors(t *testing.T) {
	tr, te := datasets.Split(datasets.Digits())
	g, err := train.Logistic(t.Context(), tr, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if hits, err := train.Accuracy(t.Context(), net, tr); err != nil || hits != 1417 {
		t.Errorf("%d of 1437 training rows right, %v; want 1417", hits, err)
	}
	w, b := g.Const["w"].Float, g.Const["b"].Float
	var squares float64
	for _, v := range w {
		squares += float64(v) * float64(v)
	}
	if got := math.Sqrt(squares); math.Abs(got-17.1983004479) > 1e-6 {
		t.Errorf("length of the weights %v, want 17.1983004", got)
	}
	for j, want := range []float64{
		0.47877748, -2.85293178, -0.09165561, 1.09570594, 3.32302003, -0.5373776, -0.60117384, 1.49994493, -0.79980756, -1.51450199,
	} {
		if math.Abs(float64(b[j])-want) > 5e-7 {
			t.Errorf("bias %d = %v, want %v", j, b[j], want)
		}
	}
	for eps, want := range map[float64]int{0: 347, 0.01: 344, 0.02: 338, 0.05: 310, 0.1: 219, 0.15: 89, 0.2: 7, 0.25: 0} {
		if got := robust(w, b, te, eps); got != want {
			t.Errorf("%d rows are robust at %v, want %d", got, eps, want)
		}
	}
}

// A class that does not occur, and rows that the classes share, are no trouble.
func TestLogisticEdges(t *testing.T) {
	b := ml.Batch{Dim: 1, X: []float32{1, 1, 0, 0}, Y: []int32{0, 1, 0, 1}}
	g, err := train.Logistic(t.Context(), b, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range append(g.Const["w"].Float, g.Const["b"].Float...) {
		if math.Abs(float64(v)) > 1e-6 {
			t.Errorf("weight %v where nothing can be learned, want 0", v)
		}
	}
	for name, b := range map[string]ml.Batch{
		"one class":    {Dim: 1, X: []float32{1, 2}, Y: []int32{1, 1}},
		"label":        {Dim: 1, X: []float32{1, 2}, Y: []int32{0, 2}},
		"no labels":    {Dim: 1, X: []float32{1, 2}},
		"no rows":      {Dim: 1},
		"not a number": {Dim: 1, X: []float32{1, float32(math.NaN())}, Y: []int32{0, 1}},
	} {
		if _, err := train.Logistic(t.Context(), b, 2, 1); err == nil {
			t.Errorf("%s: Logistic succeeded", name)
		}
		if _, err := train.Bayes(t.Context(), b, 2, train.Gaussian, 0); err == nil {
			t.Errorf("%s: Bayes succeeded", name)
		}
		if _, err := train.Boost(t.Context(), b, 2, train.BoostOptions{}); err == nil {
			t.Errorf("%s: Boost succeeded", name)
		}
	}
}
