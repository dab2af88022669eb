// Package relu copies networks with one hidden layer of Relu from the places
// where they bend.
package relu

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"quintain"
	"quintain/attack/extraction"
	"quintain/attack/extraction/solve"
	"quintain/ml/graph"
)

//go:embed relu.md
var doc string

// Attack finds, unit by unit, the hyperplanes at which the log odds bend, and
// solves for the rest.
var Attack = &extraction.Attack{
	Check: quintain.Check{
		Name:       "attack/extraction/relu",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0048.004", "ML05:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Jagielski, Carlini, Berthelot, Kurakin, Papernot: High Accuracy and High Fidelity Extraction of Neural Networks, USENIX Security 2020, section 4",
	Run:   run,
	Twin:  twin,
}

const (
	fruitless = 6   // lines without a new unit, after which there are no more
	held      = 10  // random rows that the copy is held against
	wrong     = 0.3 // of the spread of log odds: no such network, or too few queries
)

func run(ctx context.Context, tr *extraction.Trial) (*extraction.Copy, error) {
	if !tr.Answers.Exact() {
		return nil, fmt.Errorf("%w: bends are measured in unrounded scores", extraction.ErrUnfit)
	}
	f := &finder{tr: tr, scale: tr.Scale(), left: tr.Budget, rng: tr.Rand(1)}
	n := len(f.scale.Used)
	if n == 0 || tr.Budget < 2*n+2*held {
		return nil, fmt.Errorf("%w: %d queries are too few for %d features", extraction.ErrUnfit, tr.Budget, n)
	}
	check, reserve := f.random(held), f.random(n+held)
	if _, err := f.askAll(ctx, reserve); err != nil {
		return nil, err
	}
	f.left -= held // for the check
	idle := 0
	for idle < fruitless {
		before := len(f.units)
		err := f.line(ctx)
		if errors.Is(err, errSpent) {
			break
		}
		if err != nil {
			return nil, err
		}
		idle++
		if len(f.units) > before {
			idle = 0
		}
	}
	if len(f.units) == 0 {
		return nil, fmt.Errorf("%w: no bend was found, so the model is linear, or no network of Relu", extraction.ErrUnfit)
	}
	coef, err := f.solve()
	if err != nil {
		return nil, err
	}
	f.left = held
	off, err := f.off(ctx, coef, check)
	if err != nil {
		return nil, err
	}
	if off > wrong {
		return nil, fmt.Errorf("%w: with %d units found, log odds at fresh rows are off by %.2g of their spread: more hidden layers, or %d queries are too few",
			extraction.ErrUnfit, len(f.units), off, tr.Budget)
	}
	return &extraction.Copy{
		Graph: f.graph(coef),
		Says:  fmt.Sprintf("%d hidden units found; log odds at %d fresh rows are off by %.1g of their spread", len(f.units), held, off),
	}, nil
}

// solve finds the weights of the logits: of each unit, of the features
// themselves, and of the constant. The features take care of units that were
// found with the wrong sign, because relu(z) = relu(-z) + z.
func (f *finder) solve() ([]float64, error) {
	n, k := len(f.scale.Used), f.tr.Classes-1
	m := len(f.units) + n + 1
	var a, b []float64
	for i, u := range f.asked {
		a = f.features(a, u)
		b = append(b, f.odds[i]...)
	}
	coef, err := solve.Least(a, b, m, k, 1e-8*float64(len(f.asked)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", extraction.ErrUnfit, err)
	}
	return coef, nil
}

// features appends what log odds are linear in.
func (f *finder) features(a, u []float64) []float64 {
	for _, h := range f.units {
		a = append(a, max(0, h.at(u)))
	}
	return append(append(a, u...), 1)
}

// off asks about fresh rows and returns how far coef is from the answers.
func (f *finder) off(ctx context.Context, coef []float64, rows [][]float64) (float64, error) {
	got, err := f.askAll(ctx, rows)
	if err != nil {
		return 0, err
	}
	k := f.tr.Classes - 1
	var miss, spread float64
	for i, u := range rows {
		a := f.features(nil, u)
		for c := range k {
			var s float64
			for j, v := range a {
				s += v * coef[j*k+c]
			}
			miss = max(miss, abs(s-got[i][c]))
			spread = max(spread, abs(got[i][c]-got[0][c]))
		}
	}
	return miss / max(spread, 1e-9), nil
}

// graph writes the copy. A feature is a Relu of what it is above the least it
// can be.
func (f *finder) graph(coef []float64) *graph.Graph {
	n, k := len(f.scale.Used), f.tr.Classes-1
	var w [][]float32
	var b []float32
	add := func(row []float64, c float64) {
		wr, br := f.scale.Unscale(row, c)
		w, b = append(w, wr), append(b, br)
	}
	for _, h := range f.units {
		add(h.w, h.b)
	}
	for i := range n {
		row := make([]float64, n)
		row[i] = 1
		add(row, 1)
	}
	out, c := make([][]float32, k+1), make([]float32, k+1)
	out[0] = make([]float32, len(w))
	for o := range k {
		constant := coef[len(w)*k+o]
		for j := range w {
			v := coef[j*k+o]
			out[o+1] = append(out[o+1], float32(v))
			if j >= len(f.units) {
				constant -= v
			}
		}
		c[o+1] = float32(constant)
	}
	return extraction.Network(w, b, out, c)
}

// twin returns a network with three hidden units.
func twin(_ context.Context, tr *extraction.Trial) (*graph.Graph, error) {
	const units = 3
	rng, s := tr.Rand(12), tr.Scale()
	draw := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = rng.NormFloat64()
		}
		return out
	}
	var w, out [][]float32
	var b, c []float32
	for range units {
		row, v := s.Unscale(draw(len(s.Used)), 0.3*rng.NormFloat64())
		w, b = append(w, row), append(b, v)
	}
	for range tr.Classes {
		var row []float32
		for _, v := range draw(units) {
			row = append(row, float32(v))
		}
		out, c = append(out, row), append(c, float32(rng.NormFloat64()))
	}
	return extraction.Network(w, b, out, c), nil
}
