// Package evasiontest holds attacks to what is known on paper.
package evasiontest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
)

// Linear runs a white-box attack on linear models of two classes. An input at
// margin m falls if and only if m is smaller than the sum of |w| times how far
// each feature may move. The attack must turn exactly those inputs, stay in
// the ball and the box, leave its trial as it was, and do the same again from
// the same seed.
func Linear(t *testing.T, a *evasion.Attack) {
	t.Helper()
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	if a.Paper == "" {
		t.Errorf("%s cites no paper", a.Name)
	}
	turned, stood := 0, 0
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 0))
		w, b, tr, must := linear(t, rng, 3+int(seed)*4, 0.02+0.04*float32(seed))
		before := tr.Batch.Clone()
		adv := mount(t, a, tr)
		if again := mount(t, a, tr); !slices.Equal(adv.X, again.X) {
			t.Errorf("%s, seed %d: two runs from one seed differ", a.Name, seed)
		}
		if !slices.Equal(before.X, tr.Batch.X) || !slices.Equal(before.Y, tr.Batch.Y) {
			t.Errorf("%s, seed %d: the attack changed the rows it was given", a.Name, seed)
		}
		for i := range adv.Rows() {
			if err := tr.Ball.Check(adv.Row(i), tr.Batch.Row(i)); err != nil {
				t.Errorf("%s, seed %d, row %d: %v", a.Name, seed, i, err)
			}
			fell := (score(w, b, adv.Row(i)) > 0) != (tr.Batch.Y[i] == 1)
			if fell != must[i] {
				t.Errorf("%s, seed %d, row %d: fell is %v, on paper %v", a.Name, seed, i, fell, must[i])
			}
			if fell {
				turned++
			} else {
				stood++
			}
		}
	}
	if turned < 50 || stood < 50 {
		t.Fatalf("%d rows turned and %d stood: the models decide nothing", turned, stood)
	}
	blind(t, a)
}

// Bounded runs a white-box attack that need not be exact on the models of
// [Linear]. It must turn the given share of the inputs that can be turned on
// paper and no other, and otherwise keep what Linear demands.
func Bounded(t *testing.T, a *evasion.Attack, share float64) {
	t.Helper()
	if err := a.Validate(); err != nil || a.Paper == "" {
		t.Errorf("%s: %v, paper %q", a.Name, err, a.Paper)
	}
	turned, can := 0, 0
	for seed := range uint64(6) {
		w, b, tr, must := linear(t, rand.New(rand.NewPCG(seed, 0)), 3+int(seed)*4, 0.02+0.04*float32(seed))
		adv := mount(t, a, tr)
		if again := mount(t, a, tr); !slices.Equal(adv.X, again.X) {
			t.Errorf("%s, seed %d: two runs from one seed differ", a.Name, seed)
		}
		for i := range adv.Rows() {
			if err := tr.Ball.Check(adv.Row(i), tr.Batch.Row(i)); err != nil {
				t.Errorf("%s, seed %d, row %d: %v", a.Name, seed, i, err)
			}
			fell := (score(w, b, adv.Row(i)) > 0) != (tr.Batch.Y[i] == 1)
			switch {
			case fell && !must[i]:
				t.Errorf("%s, seed %d: row %d fell, which on paper it cannot", a.Name, seed, i)
			case fell:
				turned++
			}
			if must[i] {
				can++
			}
		}
	}
	t.Logf("%s turned %d of %d rows that can be turned", a.Name, turned, can)
	if can < 50 || float64(turned) < share*float64(can) {
		t.Errorf("%s turned %d of %d rows that can be turned, want a share of %v", a.Name, turned, can, share)
	}
	blind(t, a)
}

func mount(t *testing.T, a *evasion.Attack, tr *evasion.Trial) ml.Batch {
	t.Helper()
	res, err := a.Run(t.Context(), tr)
	if err != nil {
		t.Fatalf("%s: Run = %v", a.Name, err)
	}
	if len(res.Adv.X) != len(tr.Batch.X) {
		t.Fatalf("%s: Run returned %d values for %d", a.Name, len(res.Adv.X), len(tr.Batch.X))
	}
	return res.Adv
}

// linear makes a linear model, rows in the unit box and on its faces, and what
// must fall. Rows that rounding would decide are left out.
func linear(t *testing.T, rng *rand.Rand, dim int, eps float32) (w []float32, b float32, tr *evasion.Trial, must []bool) {
	t.Helper()
	w = make([]float32, dim)
	ball := evasion.Ball{Radius: make([]float32, dim), Low: make([]float32, dim), High: make([]float32, dim)}
	for i := range w {
		w[i] = float32(rng.NormFloat64())
		b -= w[i] / 2
		ball.Radius[i] = eps * (0.5 + rng.Float32())
		ball.High[i] = 1
	}
	batch := ml.Batch{Dim: dim}
	for range 80 {
		x := make([]float32, dim)
		for i := range x {
			x[i] = min(max(rng.Float32()*1.4-0.2, 0), 1)
		}
		s := score(w, b, x)
		reach := reach(w, x, ball, s > 0)
		if math.Abs(s) < 1e-4 || math.Abs(math.Abs(s)-reach) < 1e-4 {
			continue
		}
		var y int32
		if s > 0 {
			y = 1
		}
		batch.X, batch.Y, must = append(batch.X, x...), append(batch.Y, y), append(must, reach > math.Abs(s))
	}
	net, err := graph.Compile(graph.Linear([][]float32{make([]float32, dim), w}, []float32{0, b}), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w, b, &evasion.Trial{Model: net, Batch: batch, Ball: ball, Seed: rng.Uint64()}, must
}

func score(w []float32, b float32, x []float32) float64 {
	s := float64(b)
	for i, v := range x {
		s += float64(w[i]) * float64(v)
	}
	return s
}

// reach returns how far the score of x can be moved down, or up.
func reach(w, x []float32, ball evasion.Ball, down bool) float64 {
	var sum float64
	for i, v := range x {
		room := min(ball.Radius[i], v-ball.Low[i])
		if (w[i] < 0) == down {
			room = min(ball.Radius[i], ball.High[i]-v)
		}
		sum += math.Abs(float64(w[i])) * float64(room)
	}
	return sum
}

// blind sees that a white-box attack refuses a model that it cannot see into.
func blind(t *testing.T, a *evasion.Attack) {
	t.Helper()
	_, _, tr, _ := linear(t, rand.New(rand.NewPCG(1, 1)), 4, 0.1)
	tr.Model = oracle{tr.Model}
	if _, err := a.Run(t.Context(), tr); !errors.Is(err, evasion.ErrNeedsGradient) {
		t.Errorf("%s without gradients: Run = %v, want %v", a.Name, err, evasion.ErrNeedsGradient)
	}
}

// oracle hides the gradients of a model.
type oracle struct{ ml.Oracle }
