package equation_test

import (
	"errors"
	"math"
	"testing"

	"quintain/attack/extraction"
	"quintain/attack/extraction/equation"
	"quintain/attack/extraction/extractiontest"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

func Test(t *testing.T) { extractiontest.Run(t, equation.Attack) }

// cancer returns a logistic regression on all tumors, the tumors, and the
// unit cube, in which questions are asked.
func cancer(t *testing.T) (*graph.Net, ml.Batch, []float32, []float32) {
	t.Helper()
	b := datasets.Cancer().Clone()
	datasets.Standardize(b)
	g, err := train.Logistic(t.Context(), b, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	low, high := make([]float32, b.Dim), make([]float32, b.Dim)
	for j := range high {
		high[j] = 1
	}
	return extractiontest.Compile(t, g), b, low, high
}

func steal(t *testing.T, m ml.Oracle, a extraction.Answers, low, high []float32, rows ml.Batch, n int) (*extraction.Copy, int) {
	t.Helper()
	tr, asked := extractiontest.Trial(m, a, low, high, rows, n, 1)
	c, err := equation.Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	return c, asked()
}

// TestExact solves 31 equations for 30 features: the weights are known as far
// as single precision tells, and the copy agrees on every tumor.
func TestExact(t *testing.T) {
	m, rows, low, high := cancer(t)
	c, asked := steal(t, m, extraction.Scores, low, high, ml.Batch{}, 31)
	if asked != 31 {
		t.Errorf("%d queries, want 31", asked)
	}
	copied := extractiontest.Compile(t, c.Graph)
	if got := extractiontest.Fidelity(t, m, copied, rows); got != 1 {
		t.Errorf("fidelity %v, want 1", got)
	}
	want, err := m.Predict(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	got, err := copied.Predict(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	var worst, size float64
	for i := 0; i < len(got); i += 2 {
		z := float64(want[i+1]) - float64(want[i])
		worst, size = max(worst, math.Abs(float64(got[i+1])-float64(got[i])-z)), max(size, math.Abs(z))
	}
	if worst > 2e-5*size {
		t.Errorf("log odds are off by %v of up to %v, more than single precision explains", worst, size)
	}
}

// TestDigits solves 65 equations for ten classes at once.
func TestDigits(t *testing.T) {
	fit, test := datasets.Split(datasets.Digits())
	g, err := train.Fit(t.Context(), train.Linear(64, 10, 1), fit, train.Options{Epochs: 10})
	if err != nil {
		t.Fatal(err)
	}
	m := extractiontest.Compile(t, g)
	low, high := make([]float32, 64), make([]float32, 64)
	for j := range high {
		high[j] = 1
	}
	c, asked := steal(t, m, extraction.Scores, low, high, ml.Batch{}, 65)
	if got := extractiontest.Fidelity(t, m, extractiontest.Compile(t, c.Graph), test); got != 1 || asked != 65 {
		t.Errorf("fidelity %v with %d queries, want 1 with 65", got, asked)
	}
}

// TestRounding holds the attack to what decimals buy: three about a factor of
// two, two about twenty, and one or none far more against uniform questions.
func TestRounding(t *testing.T) {
	m, rows, low, high := cancer(t)
	for _, c := range []struct {
		answers     extraction.Answers
		queries     int
		least, most float64
	}{
		{extraction.Rounded(6), 62, 0.995, 1},
		{extraction.Rounded(4), 62, 0.995, 1},
		{extraction.Rounded(3), 31, 0.5, 0.95},
		{extraction.Rounded(3), 62, 0.98, 1},
		{extraction.Rounded(2), 62, 0.5, 0.96},
		{extraction.Rounded(2), 3100, 0.97, 1},
		{extraction.Rounded(1), 155, 0, 0.8},
		{extraction.Labels, 620, 0, 0.8},
	} {
		got, _ := steal(t, m, c.answers, low, high, ml.Batch{}, c.queries)
		f := extractiontest.Fidelity(t, m, extractiontest.Compile(t, got.Graph), rows)
		t.Logf("%s, %d queries: fidelity %.3f", c.answers, c.queries, f)
		if f < c.least || f > c.most {
			t.Errorf("%s, %d queries: fidelity %.3f, want %v to %v", c.answers, c.queries, f, c.least, c.most)
		}
	}
}

// TestLabelsOfRealRows shows that labels do not defeat who owns real rows.
func TestLabelsOfRealRows(t *testing.T) {
	m, rows, low, high := cancer(t)
	own := ml.Batch{X: rows.X[:200*rows.Dim], Dim: rows.Dim}
	c, _ := steal(t, m, extraction.Labels, low, high, own, 200)
	if got := extractiontest.Fidelity(t, m, extractiontest.Compile(t, c.Graph), rows); got < 0.95 {
		t.Errorf("200 labels of real rows: fidelity %.3f, want 0.95", got)
	}
}

func TestNotLinear(t *testing.T) {
	m := extractiontest.Compile(t, train.MLP([]int{4, 16, 3}, 3))
	tr, _ := extractiontest.Trial(m, extraction.Scores, []float32{-9, -9, -9, -9}, []float32{9, 9, 9, 9}, ml.Batch{}, 100, 1)
	if _, err := equation.Attack.Run(t.Context(), tr); !errors.Is(err, extraction.ErrUnfit) {
		t.Errorf("a network is taken for linear: %v", err)
	}
}
