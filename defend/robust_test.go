package defend_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"quintain/defend"
	"quintain/defend/all"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// TestRobust trains a model on two features, of which one tells the label barely
// but always and the other clearly but in nine cases of ten. An attacker can turn
// the first and not the second: who trains on rows as they are trusts the first,
// and who trains on attacked rows, by either method, the second.
func TestRobust(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	b := ml.Batch{Dim: 2}
	for i := range 400 {
		y := i % 2
		sign := float32(2*y - 1)
		clear := sign
		if rng.IntN(10) == 0 {
			clear = -sign
		}
		b.X, b.Y = append(b.X, 0.05*sign, clear), append(b.Y, int32(y))
	}
	tr := &defend.Trial{
		Graph: train.MLP([]int{2, 16, 2}, 1), Rows: b, Low: []float32{-1, -1}, High: []float32{1, 1}, Classes: 2, Seed: 1,
		Settings: defend.Settings{Eps: 0.1, Steps: 5, Beta: 6, Epochs: 60, Batch: 32, Rate: 0.01},
	}
	standing := func(g *graph.Graph) float64 {
		net, err := graph.Compile(g, graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		turned := b.Clone()
		err = tr.Ascend(t.Context(), net, turned, rand.New(rand.NewPCG(4, 1)), func(_ int, z []float32, y int, dz []float32) { ml.CrossEntropy(z, y, dz) })
		if err != nil {
			t.Fatal(err)
		}
		hits, err := train.Accuracy(t.Context(), net, turned)
		if err != nil {
			t.Fatal(err)
		}
		return float64(hits) / float64(b.Rows())
	}
	plain, err := tr.Fit(t.Context(), b, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := standing(plain)
	for _, d := range all.Defenses {
		if d.Name != "defend/advtrain" && d.Name != "defend/trades" {
			continue
		}
		h, err := d.Harden(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		if (d.Name == "defend/trades") != strings.Contains(h.Says, "6 times the divergence") {
			t.Errorf("%s says %q", d.Name, h.Says)
		}
		after := standing(h.Graph)
		t.Logf("%s: %.3f of rows stand before, %.3f after", d.Name, before, after)
		if after < 0.85 || after < before+0.2 {
			t.Errorf("%s: %.3f of rows stand before and %.3f after, want 0.85 and 0.2 more", d.Name, before, after)
		}
		forest := *tr
		if forest.Graph, err = train.Boost(t.Context(), b, 2, train.BoostOptions{Rounds: 1, Depth: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Harden(t.Context(), &forest); !errors.Is(err, defend.ErrUnfit) {
			t.Errorf("%s of trees: %v, want ErrUnfit", d.Name, err)
		}
	}
}
