// Package extractiontest holds attacks that copy models to their contract.
package extractiontest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"quintain"
	"quintain/attack/extraction"
	"quintain/ml"
	"quintain/ml/graph"
)

// A victim counts questions.
type victim struct {
	extraction.Precise
	plain  ml.Oracle
	budget int
	asked  atomic.Int64
}

// Predict64 implements [extraction.Precise].
func (v *victim) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	if int(v.asked.Add(int64(x.Rows()))) > v.budget {
		return nil, extraction.ErrBudget
	}
	return v.Precise.Predict64(ctx, x)
}

// Predict implements [ml.Oracle].
func (v *victim) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := v.Predict64(ctx, x)
	out := make([]float32, len(z))
	for i, f := range z {
		out[i] = float32(f)
	}
	return out, err
}

// Trial returns a trial on m, and what counts its questions. Features range
// from low to high; rows are the attacker's own and may be none.
func Trial(m ml.Oracle, answers extraction.Answers, low, high []float32, rows ml.Batch, budget int, seed uint64) (*extraction.Trial, func() int) {
	v := &victim{Precise: extraction.Tell(m, answers, seed), plain: m, budget: budget}
	_, precise := m.(extraction.Precise)
	spec := m.Spec()
	return &extraction.Trial{
		Victim: v, Answers: answers, Low: low, High: high, Shape: spec.Shape, Classes: spec.Classes, Rows: rows, Budget: budget, Seed: seed, Precise: precise,
	}, func() int { return int(v.asked.Load()) }
}

// Compile makes g ready to run.
func Compile(t *testing.T, g *graph.Graph) *graph.Net {
	t.Helper()
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Labels returns what m says of every row.
func Labels(t *testing.T, m ml.Oracle, b ml.Batch) []int {
	t.Helper()
	z, err := m.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	k := m.Spec().Classes
	out := make([]int, b.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*k : (i+1)*k])
	}
	return out
}

// Model returns the copy as something to ask.
func Model(t *testing.T, c *extraction.Copy) ml.Oracle {
	t.Helper()
	if c.Graph != nil {
		return Compile(t, c.Graph)
	}
	return c.Model
}

// Fidelity returns the share of rows of which a and b say the same.
func Fidelity(t *testing.T, a, b ml.Oracle, rows ml.Batch) float64 {
	t.Helper()
	x, y := Labels(t, a, rows), Labels(t, b, rows)
	same := 0
	for i := range x {
		if x[i] == y[i] {
			same++
		}
	}
	return float64(same) / float64(len(x))
}

// Run copies the attack's twin, or a linear model, of five features in ranges
// of their own. With a thousand scores the copy must agree on 95 rows of 100.
// The attack must never ask more than it may, whatever it is told, say what it
// did, make the same copy again from the same seed, and leave the trial as it
// was.
func Run(t *testing.T, a *extraction.Attack) {
	t.Helper()
	if err := a.Validate(); err != nil || a.Paper == "" || !a.AcceptsKind(quintain.KindClassifier) {
		t.Errorf("%s: %v, paper %q, accepts %v", a.Name, err, a.Paper, a.Accepts)
	}
	low, high := []float32{-1, 0, 100, -5, 3}, []float32{1, 2, 900, 5, 3}
	plain, _ := Trial(Compile(t, graph.Linear([][]float32{{0, 0, 0, 0, 0}, {1.5, -1, 0.002, 0.3, 1}}, []float32{0, -3})), extraction.Scores, low, high, ml.Batch{}, 0, 5)
	m := plain.Victim.(*victim).plain
	if a.Twin != nil {
		g, err := a.Twin(t.Context(), plain)
		if err != nil {
			t.Fatalf("%s: the twin: %v", a.Name, err)
		}
		m = Compile(t, g)
	}
	rows := ml.Batch{Dim: 5}
	rng := plain.Rand(77)
	for range 400 {
		for j, l := range low {
			rows.X = append(rows.X, l+(high[j]-l)*rng.Float32())
		}
	}
	for _, answers := range []extraction.Answers{extraction.Scores, extraction.Rounded(2), extraction.Noisy(0.05), extraction.Renewed(0.05), extraction.Top, extraction.Labels} {
		for _, budget := range []int{1, 5, 6, 7, 40, 1000} {
			if budget == 1000 && answers != extraction.Scores {
				continue // nothing is promised of what they teach
			}
			tr, asked := Trial(m, answers, low, high, ml.Batch{}, budget, 5)
			c, err := a.Run(t.Context(), tr)
			switch {
			case errors.Is(err, extraction.ErrUnfit):
				if budget == 1000 && answers == extraction.Scores {
					t.Errorf("%s does not go with its own twin: %v", a.Name, err)
				}
				continue
			case err != nil:
				t.Errorf("%s, %s, %d queries: %v", a.Name, answers, budget, err)
				continue
			}
			if asked() > budget || c.Says == "" || (c.Graph == nil) == (c.Model == nil) {
				t.Errorf("%s, %s: %d queries of %d; it says %q; graph %v, model %v", a.Name, answers, asked(), budget, c.Says, c.Graph != nil, c.Model != nil)
			}
			if got := Fidelity(t, m, Model(t, c), rows); budget == 1000 && answers == extraction.Scores && got < 0.95 {
				t.Errorf("%s: the copy of its twin agrees on %.3f of the rows, want 0.95", a.Name, got)
			}
			again, _ := Trial(m, answers, low, high, ml.Batch{}, budget, 5)
			d, err := a.Run(t.Context(), again)
			if err != nil || !slices.Equal(Labels(t, Model(t, c), rows), Labels(t, Model(t, d), rows)) {
				t.Errorf("%s, %s, %d queries: two runs from one seed differ (%v)", a.Name, answers, budget, err)
			}
		}
	}
	if low[2] != 100 || high[4] != 3 {
		t.Errorf("%s changed the trial", a.Name)
	}
}
