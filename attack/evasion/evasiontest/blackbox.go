package evasiontest

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"quintain/attack/evasion"
	"quintain/ml"
)

// BlackBox runs a black-box attack on linear models of two classes of which it
// sees nothing but the answers. The attack must turn at least 95% of the inputs
// that can be turned on paper and no other, stay in the ball, the box and the
// budget, count exactly the questions that the model was asked, do with a row
// the same whichever rows are beside it, and do the same again from the same
// seed.
func BlackBox(t *testing.T, a *evasion.Attack) {
	t.Helper()
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	if a.Paper == "" || !a.BlackBox {
		t.Errorf("%s: paper %q, black-box %v; want a citation and true", a.Name, a.Paper, a.BlackBox)
	}
	const budget = 2000
	turned, can, stood := 0, 0, 0
	for seed := range uint64(6) {
		w, b, tr, must := linear(t, rand.New(rand.NewPCG(seed, 0)), 3+int(seed)*4, 0.02+0.04*float32(seed))
		tr.Budget.Queries = budget
		model := &counter{Oracle: tr.Model}
		tr.Model = model
		before := tr.Batch.Clone()
		res, err := a.Run(t.Context(), tr)
		if err != nil {
			t.Fatalf("%s: Run = %v", a.Name, err)
		}
		ledger(t, a, &res, int(model.rows.Load()), budget)
		if !slices.Equal(before.X, tr.Batch.X) || !slices.Equal(before.Y, tr.Batch.Y) {
			t.Errorf("%s, seed %d: the attack changed the rows it was given", a.Name, seed)
		}
		for i := range res.Adv.Rows() {
			if err := tr.Ball.Check(res.Adv.Row(i), tr.Batch.Row(i)); err != nil {
				t.Errorf("%s, seed %d, row %d: %v", a.Name, seed, i, err)
			}
			fell := (score(w, b, res.Adv.Row(i)) > 0) != (tr.Batch.Y[i] == 1)
			switch {
			case fell && !must[i]:
				t.Errorf("%s, seed %d: row %d fell, which on paper it cannot", a.Name, seed, i)
			case fell:
				turned++
			default:
				stood++
			}
			if must[i] {
				can++
			}
		}
		repeats(t, a, tr, res.Adv)
	}
	t.Logf("%s turned %d of %d rows that can be turned", a.Name, turned, can)
	if can < 50 || stood < 50 {
		t.Fatalf("%d rows can be turned and %d stood: the models decide nothing", can, stood)
	}
	if float64(turned) < 0.95*float64(can) {
		t.Errorf("%s turned %d of %d rows that can be turned, want at least 95%%", a.Name, turned, can)
	}
}

// ledger compares what an attack counted with what the model was asked.
func ledger(t *testing.T, a *evasion.Attack, res *evasion.Result, asked, budget int) {
	t.Helper()
	sum := 0
	for i, n := range res.Queries {
		sum += n
		if n > budget {
			t.Errorf("%s asked %d times about row %d, more than the %d it may", a.Name, n, i, budget)
		}
	}
	if sum != asked || asked == 0 {
		t.Errorf("%s counted %d questions, the model %d", a.Name, sum, asked)
	}
}

// repeats sees that a does with every other row what it did with all of them.
func repeats(t *testing.T, a *evasion.Attack, tr *evasion.Trial, adv ml.Batch) {
	t.Helper()
	if again := mount(t, a, tr); !slices.Equal(again.X, adv.X) {
		t.Errorf("%s: two runs from one seed differ", a.Name)
	}
	half := *tr
	half.Batch = tr.Batch.Clone()
	half.Batch.X, half.Batch.Y = half.Batch.X[:tr.Batch.Rows()/2*tr.Batch.Dim], half.Batch.Y[:tr.Batch.Rows()/2]
	if alone := mount(t, a, &half); !slices.Equal(alone.X, adv.X[:len(alone.X)]) {
		t.Errorf("%s: what becomes of a row depends on the rows beside it", a.Name)
	}
}

// A counter is a model of which nothing is seen but its answers. It counts the
// rows that it is asked about.
type counter struct {
	ml.Oracle
	rows atomic.Int64
}

// Predict implements [ml.Oracle].
func (c *counter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	c.rows.Add(int64(x.Rows()))
	return c.Oracle.Predict(ctx, x)
}
