package queryguard

import (
	"strings"
	"testing"

	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
)

func trial(s defend.Settings) *defend.Trial {
	return &defend.Trial{Graph: graph.Linear([][]float32{{1}, {0}}, []float32{0, 0}), Low: []float32{0}, High: []float32{10}, Settings: s}
}

// TestAllowed counts the accounts an attacker has, and writes down only what
// one of them may do.
func TestAllowed(t *testing.T) {
	h, err := Defense.Harden(t.Context(), trial(defend.Settings{Queries: 20, Accounts: 7, Similar: 3, Near: 0.02}))
	if err != nil {
		t.Fatal(err)
	}
	if h.Allowed != 140 {
		t.Errorf("%d questions allowed, want 140", h.Allowed)
	}
	p, err := defend.ReadPolicy("guard.yaml", h.Policy)
	if err != nil {
		t.Fatal(err)
	}
	if *p != (defend.Policy{Defense: "queryguard", Queries: 20, Similar: 3, Near: 0.02}) {
		t.Errorf("policy %+v of %q", p, h.Policy)
	}
}

// TestSimilar asks about the same row, about rows next to it, and about others.
// With two accounts that may each ask two questions like an earlier one, it is
// the seventh of a kind that is refused: each account takes one that is new to
// it and two that are not.
func TestSimilar(t *testing.T) {
	h, err := Defense.Harden(t.Context(), trial(defend.Settings{Queries: 100, Accounts: 2, Similar: 2, Near: 0.01}))
	if err != nil {
		t.Fatal(err)
	}
	for name, step := range map[string]float32{"identical": 0, "near": 0.01} {
		admit := h.Gate()
		for i := range 10 {
			if got, want := admit([]float32{5 + step*float32(i)}), i < 6; got != want {
				t.Errorf("%s rows: question %d is answered %v, want %v", name, i+1, got, want)
			}
		}
		if !admit([]float32{8}) {
			t.Errorf("%s rows: a question unlike them is refused", name)
		}
	}
	admit := h.Gate()
	for i := range 200 {
		if !admit([]float32{float32(i)}) {
			t.Fatalf("of questions far apart the %d. is refused", i+1)
		}
	}
	if admit([]float32{-50}) {
		t.Error("two accounts of 100 questions answer a 201st")
	}
}

// TestHonest finds that customers run into a limit that is meant for thieves:
// rows that all lie together are all alike.
func TestHonest(t *testing.T) {
	for near, want := range map[float64]float64{0.001: 0, 1: 1} {
		tr := trial(defend.Settings{Queries: 30, Accounts: 1, Similar: 5, Near: near})
		tr.Rows = ml.Batch{Dim: 1}
		for i := range 100 {
			tr.Rows.X, tr.Rows.Y = append(tr.Rows.X, float32(i)/10), append(tr.Rows.Y, 0)
		}
		h, err := Defense.Harden(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		if m := h.Evidence[0].Measure; m.Value != want || m.Validate() != nil || !strings.Contains(h.Evidence[0].Summary, "closed") {
			t.Errorf("within %v of the range: %v of honest accounts closed, want %v", near, m.Value, want)
		}
	}
}
