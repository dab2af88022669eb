package cli

import (
	"context"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/extraction"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
)

// fraudScorer writes a small network trained on payments with its rows.
func fraudScorer(t *testing.T, in, out ml.Batch) quintain.Target {
	t.Helper()
	g, err := train.Fit(t.Context(), train.MLP([]int{in.Dim, 16, 2}, 1), in, train.Options{Epochs: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"m.onnx": string(b), "train.csv": csvOf(in), "test.csv": csvOf(out)})
	return quintain.Target{Kind: quintain.KindClassifier, Ref: filepath.Join(dir, "m.onnx"), With: map[string]string{
		"train": filepath.Join(dir, "train.csv"), "data": filepath.Join(dir, "test.csv"),
	}}
}

// TestDefendNoise knows that noise which belongs to the row buys nothing from a
// thief who knows of it and asks about many rows: one who took the scores for
// exact would find no copy at all, and make the noise look effective.
func TestDefendNoise(t *testing.T) {
	target := fraudScorer(t, datasets.Fraud(800, 0.4, 1), datasets.Fraud(400, 0.4, 2))
	target.With["against"], target.With["answers"] = "attack/extraction", "noise:0.05"
	f := judge(t, target, defenseCalled(t, "defend/hardening"), 0)
	if f.Outcome != quintain.Fail || !strings.HasPrefix(f.Summary, "not effective") {
		t.Errorf("noise: %s: %s; want a defense that is not effective", f.Outcome, f.Summary)
	}
	for _, e := range f.Evidence {
		if strings.Contains(e.Summary, "on the hardened model:") && !strings.Contains(e.Summary, "noise:0.05") {
			t.Errorf("%q, want a thief who knows of the noise", e.Summary)
		}
	}
}

// TestAttackersAdapt applies every defense to a small scorer of payments and has
// it attacked: every family that it is judged by has an attacker, and all of
// them know the defense. A figure from one who does not makes no defense
// effective.
func TestAttackersAdapt(t *testing.T) {
	in, out := datasets.Fraud(240, 0.4, 1), datasets.Fraud(120, 0.4, 2)
	target := fraudScorer(t, in, out)
	maps.Copy(target.With, map[string]string{"epochs": "5", "draws": "4", "parts": "5", "steps": "2", "queries": "20", "poison": "0.05"})
	w := wiring{cat: newCatalog(), seed: 1}
	for _, d := range w.cat.defenses {
		met := make(map[string]int)
		var attackers []*defend.Attacker
		for _, a := range w.attackers(10) {
			attackers = append(attackers, &defend.Attacker{Name: a.Name, Chance: a.Chance, Attack: func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
				r, err := a.Attack(ctx, v)
				if err == nil && v.Twin != nil {
					met[a.Name]++
					if !r.Adaptive {
						t.Errorf("%s is met by %s, which does not know it", d.Name, a.Name)
					}
				}
				return r, err
			}})
		}
		e := defend.New(defend.Options{Seed: 1, Attackers: attackers}, d)
		if err := e.Run(t.Context(), target, e.Checks(), record.NewMemory()); err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		for _, family := range d.Against {
			found := false
			for name := range met {
				found = found || strings.HasPrefix(name, family+"/")
			}
			if !found {
				t.Errorf("%s is judged by %s, and nobody of that family attacked it", d.Name, family)
			}
		}
	}
}

// TestTurnstile asks through what a guard lets through: a thief meets the same
// door as everybody.
func TestTurnstile(t *testing.T) {
	left := 2
	v := &defend.Victim{Model: constant{}, Gate: func() func([]float32) bool {
		return func([]float32) bool { left--; return left >= 0 }
	}}
	d := newTurnstile(v, extraction.Labels, 100)
	row := ml.Batch{X: []float32{1}, Dim: 1}
	for i := range 4 {
		if _, err := d.Predict(t.Context(), row); (err == nil) != (i < 2) {
			t.Errorf("question %d: %v, want two answers", i+1, err)
		}
	}
}

// constant says the same of every row.
type constant struct{}

// Spec implements [ml.Oracle].
func (constant) Spec() ml.Spec { return ml.Spec{Shape: []int{1}, Classes: 2} }

// Predict implements [ml.Oracle].
func (constant) Predict(_ context.Context, x ml.Batch) ([]float32, error) {
	return make([]float32, 2*x.Rows()), nil
}
