package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
)

// table writes rows as CSV.
func csvOf(b ml.Batch) string {
	var s strings.Builder
	for j := range b.Dim {
		fmt.Fprintf(&s, "x%d,", j)
	}
	s.WriteString("label\n")
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintf(&s, "%d\n", b.Y[i])
	}
	return s.String()
}

// digitsMLP writes a small network trained on digits with the rows beside it.
func digitsMLP(t *testing.T) quintain.Target {
	t.Helper()
	in, out := datasets.Split(datasets.Digits())
	g, err := train.Fit(t.Context(), train.MLP([]int{64, 128, 64, 10}, 1), in, train.Options{Epochs: 20, Rate: 0.003, Seed: 1})
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

// judge applies one defense to t and returns the one finding.
func judge(t *testing.T, target quintain.Target, d *defend.Defense, samples int) quintain.Finding {
	t.Helper()
	w := wiring{cat: newCatalog(), seed: 1}
	rec := record.NewMemory()
	e := defend.New(defend.Options{Seed: 1, Attackers: w.attackers(samples)}, d)
	if err := e.Run(t.Context(), target, e.Checks(), rec); err != nil {
		t.Fatal(err)
	}
	if f := rec.Findings(); len(f) == 1 {
		return f[0]
	}
	t.Fatalf("%d findings, want 1", len(rec.Findings()))
	return quintain.Finding{}
}

// measure returns the value of the first measure called name whose evidence
// mentions text.
func measure(t *testing.T, f quintain.Finding, text, name string) float64 {
	t.Helper()
	for _, e := range f.Evidence {
		if e.Measure != nil && e.Measure.Name == name && strings.Contains(e.Summary, text) {
			return e.Measure.Value
		}
	}
	t.Fatalf("no %s of %q in %+v", name, text, f.Evidence)
	return 0
}

func defenseCalled(t *testing.T, name string) *defend.Defense {
	t.Helper()
	for _, d := range newCatalog().defenses {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("there is no defense %s", name)
	return nil
}

// TestDefendAdvtrain holds adversarial training to what another program
// measured on digits: accuracy of about 0.34 under attack becomes about 0.76,
// and accuracy on rows as they are does not suffer.
func TestDefendAdvtrain(t *testing.T) {
	target := digitsMLP(t)
	for _, name := range []string{"defend/advtrain", "defend/trades"} {
		f := judge(t, target, defenseCalled(t, name), 72)
		if f.Outcome != quintain.Pass || !f.Resisted() || !strings.HasPrefix(f.Summary, "effective") {
			t.Errorf("%s: %s: %s; want an effective defense", name, f.Outcome, f.Summary)
		}
		if got := 1 - measure(t, f, "hardened model", "attack success rate"); got < 0.70 {
			t.Errorf("%s: accuracy under attack %.3f, want at least 0.70", name, got)
		}
		if got := 1 - measure(t, f, "model as it was", "attack success rate"); got > 0.60 {
			t.Errorf("%s: accuracy under attack before is %.3f, want at most 0.60", name, got)
		}
		if got := measure(t, f, "hardened model", "accuracy"); got < 0.95 {
			t.Errorf("%s: accuracy %.3f, want at least 0.95", name, got)
		}
	}
}

// TestDefendFake knows defenses that hide the way out and close nothing: logits
// a thousand times as large, and answers that lead no gradient back. Neither
// may be called effective.
func TestDefendFake(t *testing.T) {
	target := digitsMLP(t)
	loud := fake(func(tr *defend.Trial) (*defend.Hardened, error) {
		g := tr.Graph.Clone()
		last := g.Nodes[len(g.Nodes)-1]
		for _, name := range last.Inputs[1:] {
			for i := range g.Const[name].Float {
				g.Const[name].Float[i] *= 1000
			}
		}
		return &defend.Hardened{Graph: g, Says: "logits a thousand times as large"}, nil
	})
	if f := judge(t, target, loud, 40); f.Outcome != quintain.Fail || !strings.HasPrefix(f.Summary, "not effective") {
		t.Errorf("logits times 1000: %s: %s; want a defense that is not effective", f.Outcome, f.Summary)
	}
	hidden := fake(func(tr *defend.Trial) (*defend.Hardened, error) {
		net, err := graph.Compile(tr.Graph, graph.Options{})
		return &defend.Hardened{Model: silent{net}, Says: "answers in steps"}, err
	})
	if f := judge(t, target, hidden, 40); f.Outcome == quintain.Pass {
		t.Errorf("answers that lead nowhere: %s: %s; want no Pass", f.Outcome, f.Summary)
	}
}

func fake(harden func(tr *defend.Trial) (*defend.Hardened, error)) *defend.Defense {
	return &defend.Defense{
		Check:   quintain.Check{Name: "defend/fake", Doc: "fake", Techniques: []quintain.Technique{"AML.T0015"}, Accepts: []quintain.Kind{quintain.KindClassifier}},
		Against: []string{"attack/evasion"},
		Harden:  func(_ context.Context, tr *defend.Trial) (*defend.Hardened, error) { return harden(tr) },
	}
}

// silent has no gradients.
type silent struct{ ml.Oracle }

// TestDefendAnswers knows that rounding to three decimals, which is common
// advice, takes nothing from a thief, and that a limit of ten questions does.
func TestDefendAnswers(t *testing.T) {
	target := digitsMLP(t)
	target.With["against"] = "attack/extraction"
	target.With["answers"] = "round:3"
	if f := judge(t, target, defenseCalled(t, "defend/hardening"), 0); f.Outcome != quintain.Fail || !strings.HasPrefix(f.Summary, "not effective") {
		t.Errorf("three decimals: %s: %s; want a defense that is not effective", f.Outcome, f.Summary)
	}
	target.With["queries"], target.With["accounts"] = "5", "2"
	if f := judge(t, target, defenseCalled(t, "defend/queryguard"), 0); !f.Resisted() {
		t.Errorf("ten questions: %s: %s; want an effective defense", f.Outcome, f.Summary)
	}
}
