// Package poisoningtest holds attacks on training data to their contract.
package poisoningtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// Run mounts a on handwritten digits with budgets of 1, 20 and 60 rows. The
// attack must keep to its budget, tell every row that it changed, leave the
// trial as it was, do the same again from the same seed and something else from
// another, and show the attacker's rows with what it wants of them. Where it
// has Find too, and it goes with such rows, those that it poisoned must be found and honest ones left alone.
func Run(t *testing.T, a *poisoning.Attack) {
	t.Helper()
	RunOn(t, a, digits)
}

// RunOn is [Run] on rows of the caller's: given makes a trial without budget and
// seed.
func RunOn(t *testing.T, a *poisoning.Attack, given func() *poisoning.Trial) {
	t.Helper()
	trial := func(budget int, seed uint64) *poisoning.Trial {
		tr := given()
		tr.Budget, tr.Seed = budget, seed
		return tr
	}
	if err := a.Validate(); err != nil || a.Paper == "" {
		t.Errorf("%s: %v, paper %q", a.Name, err, a.Paper)
	}
	if a.AcceptsKind(quintain.KindDataset) != (a.Find != nil) || a.AcceptsKind(quintain.KindClassifier) != (a.Poison != nil || a.Inspect != nil) {
		t.Errorf("%s accepts %v, but has Poison %v and Find %v", a.Name, a.Accepts, a.Poison != nil, a.Find != nil)
	}
	for _, budget := range []int{1, 20, 60} {
		tr := trial(budget, 1)
		p := poison(t, a, tr)
		if q := poison(t, a, tr); !slices.Equal(p.Rows.X, q.Rows.X) || !slices.Equal(p.Rows.Y, q.Rows.Y) || !slices.Equal(p.Text, q.Text) {
			t.Errorf("%s, budget %d: two runs from one seed differ", a.Name, budget)
		}
		if q := poison(t, a, trial(budget, 2)); slices.Equal(p.Changed, q.Changed) && slices.Equal(p.Rows.X, q.Rows.X) {
			t.Errorf("%s, budget %d: runs from two seeds leave the same rows", a.Name, budget)
		}
		if fresh := trial(budget, 1); !slices.Equal(fresh.Rows.X, tr.Rows.X) || !slices.Equal(fresh.Rows.Y, tr.Rows.Y) || !slices.Equal(fresh.Test.X, tr.Test.X) || !slices.Equal(fresh.Text, tr.Text) {
			t.Errorf("%s, budget %d: the attack changed the rows it was given", a.Name, budget)
		}
		check(t, a, tr, p)
	}
}

func digits() *poisoning.Trial {
	rows, test := datasets.Split(datasets.Digits())
	low, high := make([]float32, rows.Dim), slices.Repeat([]float32{1}, rows.Dim)
	plain := train.Linear(rows.Dim, 10, 1)
	return &poisoning.Trial{
		Rows: rows, Test: test, Graph: plain, Low: low, High: high, Shape: []int{rows.Dim}, Classes: 10, Target: 4, Eps: 0.1,
		Surrogate: func(ctx context.Context, seed uint64) (*graph.Graph, error) {
			fresh, err := train.Reinit(plain, seed)
			if err != nil {
				return nil, err
			}
			return train.Fit(ctx, fresh, rows, train.Options{Epochs: 3, Seed: seed})
		},
	}
}

func poison(t *testing.T, a *poisoning.Attack, tr *poisoning.Trial) *poisoning.Poisoned {
	t.Helper()
	p, err := a.Poison(t.Context(), tr)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return p
}

func check(t *testing.T, a *poisoning.Attack, tr *poisoning.Trial, p *poisoning.Poisoned) {
	t.Helper()
	if len(p.Changed) == 0 || len(p.Changed) > tr.Budget || p.Says == "" {
		t.Errorf("%s: %d rows changed of a budget of %d; it says %q", a.Name, len(p.Changed), tr.Budget, p.Says)
	}
	for i := range tr.Rows.Rows() {
		same := p.Rows.Y[i] == tr.Rows.Y[i] && slices.Equal(p.Rows.Row(i), tr.Rows.Row(i)) && (p.Text == nil || p.Text[i] == tr.Text[i])
		if same == slices.Contains(p.Changed, i) {
			t.Errorf("%s: row %d: as before %v, told as changed %v", a.Name, i, same, !same)
		}
	}
	if p.Probe.Rows() == 0 || len(p.Want) != p.Probe.Rows() || len(p.Probe.Y) != p.Probe.Rows() {
		t.Errorf("%s: %d rows to show, %d labels and %d wishes", a.Name, p.Probe.Rows(), len(p.Probe.Y), len(p.Want))
	}
	for i, w := range p.Want {
		if w == p.Probe.Y[i] {
			t.Errorf("%s: row %d is to be what it is anyway", a.Name, i)
		}
	}
	if a.Find == nil || tr.Budget < 60 {
		return
	}
	caught, fit := listed(t, a, &poisoning.Data{Batch: p.Rows, Text: p.Text}, p.Changed)
	if !fit {
		return
	}
	wrong, _ := listed(t, a, &poisoning.Data{Batch: tr.Rows, Text: tr.Text}, nil)
	if 5*caught < 2*len(p.Changed) || float64(wrong) > a.Tolerated*float64(tr.Rows.Rows()) {
		t.Errorf("%s: of %d poisoned rows %d are found; of honest rows %d are listed", a.Name, len(p.Changed), caught, wrong)
	}
}

// listed counts the rows that Find lists, of those given if there are any; fit
// says that it looks at such rows.
func listed(t *testing.T, a *poisoning.Attack, d *poisoning.Data, of []int) (n int, fit bool) {
	t.Helper()
	found, err := a.Find(t.Context(), d, 1)
	if errors.Is(err, poisoning.ErrUnfit) {
		return 0, false
	}
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	if found.Says == "" || !slices.IsSorted(found.Rows) {
		t.Errorf("%s: rows %v, it says %q", a.Name, found.Rows, found.Says)
	}
	for _, r := range found.Rows {
		if of == nil || slices.Contains(of, r) {
			n++
		}
	}
	return n, true
}
