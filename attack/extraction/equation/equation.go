// Package equation copies linear models by solving equations.
package equation

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"quintain"
	"quintain/attack/extraction"
	"quintain/attack/extraction/solve"
	"quintain/ml"
	"quintain/ml/graph"
)

//go:embed equation.md
var doc string

// Attack solves for the weights of a linear model: with scores from one
// question more than there are features, otherwise by fitting what is told.
var Attack = &extraction.Attack{
	Check: quintain.Check{
		Name:       "attack/extraction/equation",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0048.004", "ML05:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Tramèr, Zhang, Juels, Reiter, Ristenpart: Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016",
	Run:   run,
}

const (
	maxUnknowns = 1500 // that Newton's method solves for at once
	probes      = 5    // random rows that show whether the model is linear
	crooked     = 0.02 // of the spread of the log odds, more than rounding explains
)

func run(ctx context.Context, tr *extraction.Trial) (*extraction.Copy, error) {
	s := tr.Scale()
	if tr.Answers.Exact() && tr.Budget > len(s.Used) {
		w, err := exact(ctx, tr, s)
		if err != nil || w != nil {
			return w, err
		}
	}
	return fit(ctx, tr, s)
}

// exact asks about the middle of all ranges and about one step along each, and
// reads the weights off the log odds. It returns nothing if a score is 0.
func exact(ctx context.Context, tr *extraction.Trial, s *extraction.Scale) (*extraction.Copy, error) {
	const step = 0.5
	n, k := len(s.Used), tr.Classes-1
	x := ml.Batch{Dim: tr.Dim()}
	u := make([]float64, n)
	x.X = s.Row(x.X, u)
	for i := range n {
		u[i] = step
		x.X = s.Row(x.X, u)
		u[i] = 0
	}
	odds, err := tr.Odds(ctx, x)
	if err != nil {
		return nil, err
	}
	for _, v := range odds {
		if math.IsInf(v, 0) {
			return nil, fmt.Errorf("%w: a score is 0, so its log odds are not known", extraction.ErrUnfit)
		}
	}
	w := make([]float64, (n+1)*k)
	for c := range k {
		for i := range n {
			w[c*(n+1)+i] = (odds[(i+1)*k+c] - odds[c]) / step
		}
		w[c*(n+1)+n] = odds[c]
	}
	says := fmt.Sprintf("%d equations solved", n+1)
	if left := min(probes, tr.Budget-n-1); left > 0 {
		worst, err := crook(ctx, tr, s, w, left)
		if err != nil {
			return nil, err
		}
		if worst > crooked {
			return nil, fmt.Errorf("%w: log odds at random rows are off by %.2g of their spread, so the model is not linear", extraction.ErrUnfit, worst)
		}
		says += fmt.Sprintf("; at %d random rows they predict the log odds up to %.1g of their spread", left, worst)
	}
	return &extraction.Copy{Graph: linear(s, w, n, k), Says: says}, nil
}

// crook asks about rows at random and returns by how much the equations miss,
// at most, as a share of how far log odds spread.
func crook(ctx context.Context, tr *extraction.Trial, s *extraction.Scale, w []float64, rows int) (float64, error) {
	n, k := len(s.Used), tr.Classes-1
	rng := tr.Rand(1)
	x := ml.Batch{Dim: tr.Dim()}
	var us [][]float64
	for range rows {
		u := make([]float64, n)
		for i := range u {
			u[i] = 2*rng.Float64() - 1
		}
		us, x.X = append(us, u), s.Row(x.X, u)
	}
	odds, err := tr.Odds(ctx, x)
	if err != nil {
		return 0, err
	}
	var worst, spread float64
	for r, u := range us {
		for c := range k {
			want, got := w[c*(n+1)+n], odds[r*k+c]
			for i, v := range u {
				want += w[c*(n+1)+i] * v
				spread = max(spread, math.Abs(w[c*(n+1)+i]))
			}
			spread = max(spread, math.Abs(want))
			if !math.IsInf(got, 0) {
				worst = max(worst, math.Abs(got-want))
			}
		}
	}
	return worst / max(spread, 1e-9), nil
}

// fit asks about as many rows as it may and fits a linear model to the answers.
func fit(ctx context.Context, tr *extraction.Trial, s *extraction.Scale) (*extraction.Copy, error) {
	n, k := len(s.Used), tr.Classes-1
	if (n+1)*k > maxUnknowns {
		return nil, fmt.Errorf("%w: %d unknowns to fit, more than %d", extraction.ErrUnfit, (n+1)*k, maxUnknowns)
	}
	x, err := tr.Questions(tr.Budget, tr.Rand(2))
	if err != nil {
		return nil, err
	}
	p, err := tr.Probabilities(ctx, x)
	if err != nil {
		return nil, err
	}
	var u []float64
	for i := range x.Rows() {
		u = s.Unit(u, x.Row(i))
	}
	ridge := 1e-4
	if tr.Answers.Hard() {
		ridge = 1e-2
	}
	w, err := solve.Softmax(ctx, u, p, n, k+1, ridge)
	if err != nil {
		return nil, err
	}
	return &extraction.Copy{Graph: linear(s, w, n, k), Says: fmt.Sprintf("a linear model fitted to %d answers (%s)", x.Rows(), tr.Answers)}, nil
}

// linear writes weights as a graph whose first logit is 0.
func linear(s *extraction.Scale, w []float64, n, k int) *graph.Graph {
	none, zero := s.Unscale(make([]float64, n), 0)
	ws, bs := [][]float32{none}, []float32{zero}
	for c := range k {
		row, b := s.Unscale(w[c*(n+1):c*(n+1)+n], w[c*(n+1)+n])
		ws, bs = append(ws, row), append(bs, b)
	}
	return graph.Linear(ws, bs)
}
