package train_test

import (
	"errors"
	"math"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// hits writes g as a file, reads it again and returns how many rows it gets
// right.
func hits(t *testing.T, g *graph.Graph, b ml.Batch) int {
	t.Helper()
	file, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	if g, err = onnx.Parse(file); err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := train.Accuracy(t.Context(), net, b)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// scikit-learn's GaussianNB and MultinomialNB get as many rows right.
func TestBayesLikeScikitLearn(t *testing.T) {
	tr, te := datasets.Split(datasets.Digits())
	c, ce := datasets.Split(datasets.Cancer())
	for _, v := range []struct {
		name    string
		tr, te  ml.Batch
		classes int
		kind    train.BayesKind
		smooth  float64
		want    int
	}{
		{"digits, Gaussian", tr, te, 10, train.Gaussian, 0, 298},
		{"digits, multinomial", tr, te, 10, train.Multinomial, 1, 320},
		{"cancer, Gaussian", c, ce, 2, train.Gaussian, 0, 105},
		{"cancer, multinomial", c, ce, 2, train.Multinomial, 1, 101},
	} {
		g, err := train.Bayes(t.Context(), v.tr, v.classes, v.kind, v.smooth)
		if err != nil {
			t.Errorf("%s: Bayes = %v", v.name, err)
			continue
		}
		if got := hits(t, g, v.te); got != v.want {
			t.Errorf("%s: %d right, want %d", v.name, got, v.want)
		}
	}
}

// Two rows of each class, worked out by hand.
func TestBayesByHand(t *testing.T) {
	b := ml.Batch{Dim: 2, X: []float32{2, 1, 0, 1, 0, 3, 1, 2}, Y: []int32{0, 0, 1, 1}}
	g, err := train.Bayes(t.Context(), b, 2, train.Multinomial, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Log(3. / 6), math.Log(3. / 6), math.Log(2. / 8), math.Log(6. / 8)} {
		if got := g.Const["w"].Float[i]; math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("weight %d = %v, want %v", i, got, want)
		}
	}
}

func TestMailBayes(t *testing.T) {
	m := datasets.Mail(2500, 1)
	tr, te := datasets.Split(datasets.Count(m, datasets.Vocabulary(m)))
	g, err := train.Bayes(t.Context(), tr, 2, train.Multinomial, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := hits(t, g, te); got < 485 {
		t.Errorf("%d of 500 mails right, want at least 485", got)
	}
}

// What the grower thinks of every row, as it adds trees, is what the graph says.
func TestBoost(t *testing.T) {
	tr, te := datasets.Split(datasets.Digits())
	c, ce := datasets.Split(datasets.Cancer())
	for _, v := range []struct {
		name    string
		tr, te  ml.Batch
		classes int
		want    int
	}{{"digits", tr, te, 10, 340}, {"cancer", c, ce, 2, 108}} {
		g, err := train.Boost(t.Context(), v.tr, v.classes, train.BoostOptions{Rounds: 30, Rate: 0.3})
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		if got := hits(t, g, v.te); got < v.want {
			t.Errorf("%s: %d of %d right, want at least %d", v.name, got, v.te.Rows(), v.want)
		}
		net, err := graph.Compile(g, graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := net.Gradients(); !errors.Is(err, ml.ErrNoGradient) {
			t.Errorf("%s: Gradients = %v, want %v", v.name, err, ml.ErrNoGradient)
		}
		if _, err := net.Forest(); err != nil {
			t.Errorf("%s: Forest = %v", v.name, err)
		}
	}
}

// One cut separates the classes, in the middle between their values; the leaves
// are the Newton step by hand: four rows with slope ∓1/2 and curvature 1/4 each.
func TestBoostByHand(t *testing.T) {
	b := ml.Batch{Dim: 1, X: []float32{1, 2, 3, 4, 11, 12, 13, 14}, Y: []int32{0, 0, 0, 0, 1, 1, 1, 1}}
	g, err := train.Boost(t.Context(), b, 2, train.BoostOptions{Rounds: 1, Depth: 1, MinRows: 1, Rate: 1, Lambda: 1})
	if err != nil {
		t.Fatal(err)
	}
	a := g.Nodes[0].Attr
	if got := a["nodes_values"].Floats[0]; got != 7.5 {
		t.Errorf("cut %v, want 7.5", got)
	}
	if got := a["class_weights"].Floats; got[0] != -1 || got[1] != 1 {
		t.Errorf("leaves %v, want -1 and 1", got)
	}
}
