package train

import (
	"math/rand/v2"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
)

// blobs returns rows around one point for each class.
func blobs(rows, dim, classes int, spread float64, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	center := make([]float64, dim*classes)
	for i := range center {
		center[i] = rng.Float64()
	}
	b := ml.Batch{Dim: dim}
	for i := range rows {
		y := i % classes
		for k := range dim {
			b.X = append(b.X, float32(center[y*dim+k]+spread*rng.NormFloat64()))
		}
		b.Y = append(b.Y, int32(y))
	}
	return b
}

func TestFitLearns(t *testing.T) {
	b := blobs(600, 64, 10, 0.2, 1)
	for name, g := range map[string]*graph.Graph{
		"linear": Linear(64, 10, 1), "mlp": MLP([]int{64, 32, 10}, 1), "cnn": CNN([3]int{1, 8, 8}, []int{4, 8}, 16, 10, 1),
	} {
		out, err := Fit(t.Context(), g, b, Options{Epochs: 10, Seed: 1, Rate: 3e-3})
		if err != nil {
			t.Errorf("%s: Fit = %v", name, err)
			continue
		}
		net, err := graph.Compile(out, graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := Accuracy(t.Context(), net, b)
		if err != nil {
			t.Fatal(err)
		}
		if hits < 590 {
			t.Errorf("%s: %d of 600 right after training, want at least 590", name, hits)
		}
	}
}
