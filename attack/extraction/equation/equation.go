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
	rows := len(s.Used) + 1
	if tr.Answers.Exact() && tr.Budget >= rows {
		return exact(ctx, tr, s)
	}
	if tr.Answers.Noise() > 0 && tr.Repeats() > 1 && tr.Budget >= rows*tr.Repeats() {
		often := *tr
		often.Repeat = tr.Budget / rows
		return exact(ctx, &often, s)
	}
	return fit(ctx, tr, s)
}

// exact asks about the middle of all ranges and about one step along each, and
// reads the weights off the log odds.
func exact(ctx context.Context, tr *extraction.Trial, s *extraction.Scale) (*extraction.Copy, error) {
	rows := s.Axes()
	x := ml.Batch{Dim: tr.Dim()}
	for _, r := range rows {
		x.X = append(x.X, r...)
	}
	odds, floor, err := tr.Odds(ctx, x)
	if err != nil {
		return nil, err
	}
	for _, v := range odds {
		if math.IsInf(v, 0) {
			return nil, fmt.Errorf("%w: a score is 0, so its log odds are not known", extraction.ErrUnfit)
		}
	}
	k := tr.Classes - 1
	l := &extraction.Linear{W: [][]float64{make([]float64, tr.Dim())}, B: []float64{0}}
	for c := range k {
		w, b := make([]float64, tr.Dim()), odds[c]
		for i, j := range s.Used {
			w[j] = (odds[(i+1)*k+c] - odds[c]) / (float64(rows[i+1][j]) - float64(rows[0][j]))
			b -= w[j] * float64(rows[0][j])
		}
		l.W, l.B = append(l.W, w), append(l.B, b)
	}
	says, err := check(ctx, tr, s, l, floor)
	if err != nil {
		return nil, err
	}
	return &extraction.Copy{Graph: l.Single(), Linear: l, Says: says}, nil
}

// check says what was done, and how well it was done as far as the budget goes.
func check(ctx context.Context, tr *extraction.Trial, s *extraction.Scale, l *extraction.Linear, floor float64) (string, error) {
	says := fmt.Sprintf("%d equations solved", len(s.Used)+1)
	if tr.Answers.Noise() > 0 {
		return says + fmt.Sprintf(", each from the mean of %d answers (%s)", tr.Repeats(), tr.Answers), nil
	}
	how := "single"
	if tr.Precise {
		how = "double"
	}
	says += fmt.Sprintf("; answers in %s precision leave log odds uncertain by %.1g", how, floor)
	left := min(probes, tr.Budget-len(s.Used)-1)
	if left <= 0 {
		return says, nil
	}
	worst, err := crook(ctx, tr, s, l, left)
	if err != nil {
		return "", err
	}
	if worst > crooked {
		return "", fmt.Errorf("%w: log odds at random rows are off by %.2g of their spread, so the model is not linear", extraction.ErrUnfit, worst)
	}
	return says + fmt.Sprintf("; at %d random rows the equations predict them up to %.1g of their spread", left, worst), nil
}

// crook asks about rows at random and returns by how much the equations miss,
// at most, as a share of how far log odds spread.
func crook(ctx context.Context, tr *extraction.Trial, s *extraction.Scale, l *extraction.Linear, rows int) (float64, error) {
	rng := tr.Rand(1)
	x := ml.Batch{Dim: tr.Dim()}
	for range rows {
		x.X = s.Random(x.X, rng)
	}
	odds, _, err := tr.Odds(ctx, x)
	if err != nil {
		return 0, err
	}
	middle := l.Logits(s.Row(nil, make([]float64, len(s.Used))))
	var worst, spread float64
	for r := range rows {
		for c, want := range l.Logits(x.Row(r))[1:] {
			if got := odds[r*(tr.Classes-1)+c]; !math.IsInf(got, 0) {
				worst = max(worst, math.Abs(got-want))
			}
			spread = max(spread, math.Abs(want), math.Abs(want-middle[c+1]))
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
	l := s.Linear(w, k+1)
	return &extraction.Copy{Graph: l.Single(), Linear: l, Says: fmt.Sprintf("a linear model fitted to answers about %d rows (%s)", x.Rows(), tr.Answers)}, nil
}
