package equation_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
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

// A logistic regression in double precision, such as a service may be.
type service struct {
	w []float64 // and the constant
}

// Spec implements [ml.Oracle].
func (s *service) Spec() ml.Spec { return ml.Spec{Shape: []int{len(s.w) - 1}, Classes: 2} }

// Predict64 implements [extraction.Precise]: the logarithms of both
// probabilities.
func (s *service) Predict64(_ context.Context, x ml.Batch) ([]float64, error) {
	var out []float64
	for i := range x.Rows() {
		z := s.w[len(s.w)-1]
		for j, v := range x.Row(i) {
			z += s.w[j] * float64(v)
		}
		p := 1 / (1 + math.Exp(-z))
		out = append(out, math.Log(1/(1+math.Exp(z))), math.Log(p))
	}
	return out, nil
}

// Predict implements [ml.Oracle].
func (s *service) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := s.Predict64(ctx, x)
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32(v)
	}
	return out, err
}

// coarse hides that a service is precise.
type coarse struct{ ml.Oracle }

// TestDouble solves the same 31 equations for a service with answers in double
// precision and for one with answers in single precision. The first gives its
// weights away to nine decimals and more; the second to six, and the attack says
// which it met.
func TestDouble(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 1))
	s := &service{}
	for range 31 {
		s.w = append(s.w, rng.NormFloat64())
	}
	low, high := make([]float32, 30), make([]float32, 30)
	for j := range low { // ranges of their own, none of them round
		low[j] = float32(-1.7 * rng.Float64())
		high[j] = low[j] + float32(0.3+2*rng.Float64())
	}
	for _, c := range []struct {
		name        string
		m           ml.Oracle
		least, most float64 // error of the worst weight
		says        string
	}{
		{"double", s, 0, 1e-9, "answers in double precision"},
		{"single", coarse{s}, 1e-9, 1e-4, "answers in single precision leave log odds uncertain by"},
	} {
		got, asked := steal(t, c.m, extraction.Scores, low, high, ml.Batch{}, 31)
		if asked != 31 || got.Linear == nil || !strings.Contains(got.Says, c.says) {
			t.Errorf("%s: %d queries, says %q; want 31 and %q", c.name, asked, got.Says, c.says)
			continue
		}
		worst := math.Abs(got.Linear.B[1] - s.w[30])
		for j, w := range got.Linear.W[1] {
			worst = max(worst, math.Abs(w-s.w[j]))
		}
		t.Logf("%s: the worst weight is off by %.2g; %s", c.name, worst, got.Says)
		if worst > c.most || worst < c.least {
			t.Errorf("%s: the worst weight is off by %v, want %v to %v", c.name, worst, c.least, c.most)
		}
	}
}

// TestPlain holds questions to numbers that mean the same to whoever reads them
// as a float, as a double or as a decimal.
func TestPlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	for range 2000 {
		span := math.Exp(3 * rng.NormFloat64())
		v := span * 20 * rng.NormFloat64()
		got := extraction.Plain(v, span)
		text, err := strconv.ParseFloat(strconv.FormatFloat(float64(got), 'g', -1, 32), 64)
		exact := text == float64(got) || span < 0.02 // there are no such numbers everywhere
		if err != nil || !exact || math.Abs(float64(got)-v) > span/4 {
			t.Fatalf("of %v within %v: %v, which is written %v", v, span, got, text)
		}
	}
}

// TestRounding holds the attack to what decimals buy: queries to 97% fidelity,
// on average of three seeds, go up by a factor of two for three decimals, and by
// about twenty for two. One decimal or none buys far more against uniform
// questions.
func TestRounding(t *testing.T) {
	m, rows, low, high := cancer(t)
	need := func(a extraction.Answers) int {
		for _, n := range []int{31, 62, 155, 310, 620, 1240} {
			var mean float64
			for seed := range 3 {
				tr, _ := extractiontest.Trial(m, a, low, high, ml.Batch{}, n, uint64(seed)+1)
				c, err := equation.Attack.Run(t.Context(), tr)
				if err != nil {
					t.Fatal(err)
				}
				mean += extractiontest.Fidelity(t, m, extractiontest.Compile(t, c.Graph), rows) / 3
			}
			if mean >= 0.97 {
				return n
			}
		}
		return 0
	}
	for _, c := range []struct {
		answers     extraction.Answers
		least, most int // queries; 0 is never
	}{
		{extraction.Scores, 31, 31},
		{extraction.Rounded(6), 31, 62},
		{extraction.Rounded(3), 62, 62},
		{extraction.Rounded(2), 310, 1240},
		{extraction.Rounded(1), 0, 0},
		{extraction.Labels, 0, 0},
	} {
		n := need(c.answers)
		t.Logf("%s: 97%% fidelity takes %d queries, %.3g times 31", c.answers, n, float64(n)/31)
		if n < c.least || n > c.most {
			t.Errorf("%s: 97%% fidelity takes %d queries, want %d to %d", c.answers, n, c.least, c.most)
		}
	}
}

// TestNoise shows what noise is worth. If it is drawn anew for every question,
// the mean of many answers undoes it; if it belongs to the row, asking again is
// in vain, but asking about other rows is not.
func TestNoise(t *testing.T) {
	m, rows, low, high := cancer(t)
	for j := range low { // where scores are neither 0 nor 1
		low[j], high[j] = -0.5, 0.5
	}
	const often = 64
	mean := func(a extraction.Answers, repeat int) float64 {
		tr, asked := extractiontest.Trial(m, a, low, high, ml.Batch{}, 31*often, 1)
		tr.Repeat = repeat
		c, err := equation.Attack.Run(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		if asked() > 31*often {
			t.Errorf("%s: %d queries, want %d at most", a, asked(), 31*often)
		}
		f := extractiontest.Fidelity(t, m, extractiontest.Compile(t, c.Graph), rows)
		t.Logf("%s, each row asked about %d times: fidelity %.3f (%s)", a, max(repeat, 1), f, c.Says)
		return f
	}
	const deviation = 0.1
	renewed, kept := mean(extraction.Renewed(deviation), often), mean(extraction.Noisy(deviation), often)
	if renewed < 0.97 || kept > renewed-0.05 {
		t.Errorf("means of %d answers: fidelity %.3f with fresh noise and %.3f with that of the row, want 0.97 and at least 0.05 less", often, renewed, kept)
	}
	if other := mean(extraction.Noisy(deviation), 0); other < 0.97 {
		t.Errorf("answers about %d different rows: fidelity %.3f, want 0.97 whatever the noise hangs on", 31*often, other)
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
