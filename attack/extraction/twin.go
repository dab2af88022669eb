package extraction

import (
	"context"

	"quintain/ml/graph"
)

// easy returns the model that the attack must be able to copy.
func (a *Attack) easy(ctx context.Context, tr *Trial) (*graph.Graph, error) {
	if a.Twin != nil {
		return a.Twin(ctx, tr)
	}
	return linear(tr), nil
}

// linear returns a linear model whose classes meet in the middle of the ranges.
func linear(tr *Trial) *graph.Graph {
	rng := tr.Rand(11)
	w, b := make([][]float32, tr.Classes), make([]float32, tr.Classes)
	for c := range w {
		w[c] = make([]float32, tr.Dim())
		for j := range w[c] {
			if r := tr.High[j] - tr.Low[j]; r > 0 {
				w[c][j] = float32(rng.NormFloat64()) / r
				b[c] -= w[c][j] * (tr.Low[j] + r/2)
			}
		}
	}
	return graph.Linear(w, b)
}
