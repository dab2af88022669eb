package train

import (
	"fmt"
	"math/rand/v2"

	"quintain/ml/graph"
)

// Reinit returns a copy of g with fresh weights: the same architecture, for
// shadow models. Matrices and kernels, and the biases beside them, are drawn as
// [MLP] and [CNN] draw them; normalizations start with scale 1 and shift 0,
// PRelu with slope 1/4, and other shifts with 0 and factors with 1. Running
// means and variances of BatchNormalization stay: they describe the data. An
// error says that g has no weights that can be trained.
func Reinit(g *graph.Graph, seed uint64) (*graph.Graph, error) {
	net, err := graph.Trainable(g, graph.Options{Workers: 1})
	if err != nil {
		return nil, fmt.Errorf("draw new weights: %w", err)
	}
	out := net.Graph()
	rng := rand.New(rand.NewPCG(seed, streamWeights))
	for _, w := range graph.Weights(out) {
		t := out.Const[w]
		switch use := graph.RoleOf(out, w); use.Kind {
		case graph.Scale:
			fill(t.Float, 1)
		case graph.Shift:
			fill(t.Float, 0)
		case graph.Slope:
			fill(t.Float, 0.25)
		case graph.Matrix:
			draw(t.Float, use.FanIn, rng)
		}
	}
	return out, nil
}

func fill(w []float32, v float32) {
	for i := range w {
		w[i] = v
	}
}
