package witchesbrew_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/attack/poisoning"
	"quintain/attack/poisoning/poisoningtest"
	"quintain/attack/poisoning/witchesbrew"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

func Test(t *testing.T) { poisoningtest.Run(t, witchesbrew.Attack) }

// kitchen trains models on pictures with so much noise that they learn rows by
// heart.
type kitchen struct {
	t          *testing.T
	rows, test ml.Batch
	known      map[uint64]*graph.Graph
}

func newKitchen(t *testing.T) *kitchen {
	k := &kitchen{t: t, known: make(map[uint64]*graph.Graph)}
	k.rows, k.test = datasets.Split(datasets.Glyphs(750, 14, 0.6, 1))
	return k
}

func (k *kitchen) fit(ctx context.Context, b ml.Batch, seed uint64) *graph.Graph {
	k.t.Helper()
	g, err := train.Fit(ctx, train.MLP([]int{b.Dim, 32, 10}, seed), b, train.Options{Epochs: 30, Seed: seed})
	if err != nil {
		k.t.Fatal(err)
	}
	return g
}

func (k *kitchen) trial(i int) *poisoning.Trial {
	return &poisoning.Trial{
		Rows: k.rows, Test: k.test, Low: make([]float32, k.rows.Dim), High: slices.Repeat([]float32{1}, k.rows.Dim),
		Shape: []int{k.rows.Dim}, Classes: 10, Target: 4, Budget: k.rows.Rows() / 100, Eps: 0.2, Case: i, Seed: 7,
		Surrogate: func(ctx context.Context, seed uint64) (*graph.Graph, error) {
			if k.known[seed] == nil {
				k.known[seed] = k.fit(ctx, k.rows, seed)
			}
			return k.known[seed], nil
		},
	}
}

// turned counts the trainings on rows, of two, that give the probe of p to the
// attacker.
func (k *kitchen) turned(p *poisoning.Poisoned, rows ml.Batch) (n int) {
	k.t.Helper()
	for seed := range uint64(2) {
		net, err := graph.Compile(k.fit(k.t.Context(), rows, 1000+seed), graph.Options{})
		if err != nil {
			k.t.Fatal(err)
		}
		z, err := net.Predict(k.t.Context(), p.Probe)
		if err != nil {
			k.t.Fatal(err)
		}
		if ml.Argmax(z) == int(p.Want[0]) {
			n++
		}
	}
	return n
}

// One row in a hundred, its label right and no feature moved by more than is
// allowed, turns rows that models without poison get right. Moved as far at
// random, the same rows do not.
func TestTurnsChosenRows(t *testing.T) {
	k := newKitchen(t)
	const cases = 7
	var poisoned, clean, shaken int
	for i := range cases {
		p, err := witchesbrew.Attack.Poison(t.Context(), k.trial(i))
		if err != nil {
			t.Fatal(err)
		}
		noise := k.rows.Clone()
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		for _, r := range p.Changed {
			for j, v := range p.Rows.Row(r) {
				if d := v - k.rows.Row(r)[j]; d > 0.2001 || d < -0.2001 {
					t.Errorf("row %d, feature %d: moved by %v, more than 0.2", r, j, d)
				}
				noise.Row(r)[j] = min(max(noise.Row(r)[j]+0.2*float32(2*rng.IntN(2)-1), 0), 1)
			}
		}
		if !slices.Equal(p.Rows.Y, k.rows.Y) {
			t.Error("labels are changed")
		}
		poisoned, clean, shaken = poisoned+k.turned(p, p.Rows), clean+k.turned(p, k.rows), shaken+k.turned(p, noise)
	}
	low, _ := stats.ClopperPearson(poisoned, 2*cases, 0.95)
	_, high := stats.ClopperPearson(max(clean, shaken), 2*cases, 0.95)
	if low <= high {
		t.Errorf("%d of %d trainings are turned by poison, %d without and %d by noise; want them apart", poisoned, 2*cases, clean, shaken)
	}
}
