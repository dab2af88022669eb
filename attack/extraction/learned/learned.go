// Package learned copies models by training on their answers.
package learned

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/extraction"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

//go:embed learned.md
var doc string

// Attack trains a network with one hidden layer on what the victim says of the
// attacker's rows and of rows made up from them.
var Attack = &extraction.Attack{
	Check: quintain.Check{
		Name:       "attack/extraction/learned",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0005.001", "AML.T0048.004", "ML05:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Jagielski, Carlini, Berthelot, Kurakin, Papernot: High Accuracy and High Fidelity Extraction of Neural Networks, USENIX Security 2020, section 3",
	Run:   run,
}

const (
	hidden = 64
	steps  = 150_000 // rows that are trained on, all passes together, while passes are neither few nor many
)

// epochs is how often training passes over n rows: more often the fewer they
// are, from 10 to 200 times.
func epochs(n int) int {
	e := min(200, max(60, steps/max(n, 1)))
	return max(10, min(e, 10*steps/max(n, 1)))
}

func run(ctx context.Context, tr *extraction.Trial) (*extraction.Copy, error) {
	x, err := tr.Questions(tr.Budget, tr.Rand(1))
	if err != nil {
		return nil, err
	}
	p, err := tr.Probabilities(ctx, x)
	if err != nil {
		return nil, err
	}
	b := ml.Batch{X: unit(tr, x.X), Dim: x.Dim, Y: make([]int32, x.Rows())}
	targets := make([]float32, len(p))
	for i := range b.Y {
		pi := p[i*tr.Classes : (i+1)*tr.Classes]
		best := 0
		var sum float64
		for c, v := range pi {
			sum += v
			if v > pi[best] {
				best = c
			}
		}
		b.Y[i] = int32(best)
		for c, v := range pi { // rounded scores do not sum to 1
			targets[i*tr.Classes+c] = float32(v / max(sum, 1e-9))
		}
		if sum <= 0 {
			targets[i*tr.Classes] = 1
		}
	}
	g, err := train.Fit(ctx, train.MLP([]int{x.Dim, hidden, tr.Classes}, tr.Seed), b, train.Options{
		Epochs: epochs(x.Rows()), Batch: 32, Rate: 1e-3, Seed: tr.Seed, Targets: targets,
	})
	if err != nil {
		return nil, fmt.Errorf("train the copy: %w", err)
	}
	rescale(tr, g)
	return &extraction.Copy{
		Graph: g, Says: fmt.Sprintf("a network with %d hidden units trained on %d answers (%s), %s", hidden, x.Rows(), tr.Answers, source(tr)),
	}, nil
}

// source names where the questions came from.
func source(tr *extraction.Trial) string {
	switch {
	case tr.Source == extraction.Noise, tr.Rows.Dim == 0:
		return "about uniform noise"
	case tr.Source == extraction.Own:
		return "about the attacker's rows"
	case tr.Source == extraction.Marginals:
		return "about rows whose features were drawn one by one"
	case tr.Rows.Rows() >= tr.Budget:
		return "about the attacker's rows"
	}
	return fmt.Sprintf("about the attacker's %d rows, then about rows whose features were drawn one by one", tr.Rows.Rows())
}

// unit maps the range of every feature to [0, 1], which training finds easy.
func unit(tr *extraction.Trial, x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		j := i % tr.Dim()
		if r := tr.High[j] - tr.Low[j]; r > 0 {
			out[i] = (v - tr.Low[j]) / r
		}
	}
	return out
}

// rescale folds unit into the first layer of g.
func rescale(tr *extraction.Trial, g *graph.Graph) {
	names := graph.Weights(g)
	w, b := g.Const[names[0]].Float, g.Const[names[1]].Float
	for i, v := range w {
		j := i % tr.Dim()
		r := tr.High[j] - tr.Low[j]
		if r <= 0 {
			w[i] = 0
			continue
		}
		w[i] = v / r
		b[i/tr.Dim()] -= w[i] * tr.Low[j]
	}
}
