package extraction_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/extraction"
	"quintain/attack/extraction/all"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
)

// write writes rows as CSV.
func write(t *testing.T, dir, name string, b ml.Batch) string {
	t.Helper()
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
	return save(t, dir, name, []byte(s.String()))
}

func save(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// payments is a linear scorer of payments on disk, with rows to judge copies on.
func payments(t *testing.T) (dir string, target quintain.Target, g *graph.Graph) {
	t.Helper()
	dir = t.TempDir()
	b := datasets.Fraud(600, 0.5, 3)
	g, err := train.Logistic(t.Context(), b, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return dir, quintain.Target{
		Kind: quintain.KindClassifier, Ref: save(t, dir, "scorer.onnx", raw),
		With: map[string]string{"data": write(t, dir, "test.csv", datasets.Fraud(400, 0.5, 4)), "queries": "100"},
	}, g
}

func run(t *testing.T, o extraction.Options, target quintain.Target, names ...string) map[string]quintain.Finding {
	t.Helper()
	e := extraction.New(o, all.Attacks...)
	var checks []*quintain.Check
	for _, c := range e.Checks() {
		for _, n := range names {
			if strings.HasSuffix(c.Name, "/"+n) {
				checks = append(checks, c)
			}
		}
	}
	rec := record.NewMemory()
	if err := e.Run(t.Context(), target, checks, rec); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]quintain.Finding)
	for _, f := range rec.Findings() {
		out[f.Check[strings.LastIndex(f.Check, "/")+1:]] = f
	}
	if len(out) != len(checks) {
		t.Errorf("%d findings of %d checks", len(out), len(checks))
	}
	return out
}

func TestVerdicts(t *testing.T) {
	_, target, _ := payments(t)
	got := run(t, extraction.Options{Seed: 1}, target, "equation", "tree", "relu", "learned")
	for name, want := range map[string]quintain.Outcome{"equation": quintain.Fail, "tree": quintain.NotApplicable, "relu": quintain.NotApplicable, "learned": quintain.Fail} {
		if f := got[name]; f.Outcome != want {
			t.Errorf("%s: %s, want %s: %s", name, f.Outcome, want, f.Summary)
		}
	}
	f := got["equation"]
	if f.Control == nil || f.Control.Outcome != quintain.Fail || len(f.Evidence[0].Repro) == 0 || f.Evidence[0].Measure.Value != 1 {
		t.Errorf("the equation's control is %v, its first evidence %v", f.Control, f.Evidence[0])
	}
	all, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"queries to 99% fidelity", "transfer success", "fidelity, round:2", "fidelity, labels", "the copy costs 14 queries"} {
		if !strings.Contains(string(all), want) {
			t.Errorf("the finding does not say %q: %s", want, all)
		}
	}
	again, err := json.Marshal(run(t, extraction.Options{Seed: 1}, target, "equation")["equation"])
	if err != nil || string(again) != string(all) {
		t.Errorf("two runs from one seed differ: %s and %s", all, again)
	}
}

// TestResists gives an attack too little to work with; the pass counts because
// the twin falls.
func TestResists(t *testing.T) {
	_, target, _ := payments(t)
	target.With["queries"], target.With["answers"], target.With["fidelity"] = "4", "labels", "0.95"
	if f := run(t, extraction.Options{Seed: 1}, target, "learned")["learned"]; !f.Resisted() {
		t.Errorf("four labels: %s (control %v): %s", f.Outcome, f.Control, f.Summary)
	}
}

func TestMoneyAndHours(t *testing.T) {
	_, target, _ := payments(t)
	target.With["per-second"], target.With["price"] = "0.01", "5"
	f := run(t, extraction.Options{}, target, "equation")["equation"]
	if got, want := f.Evidence[len(f.Evidence)-1].Summary, "the copy costs 14 queries, 0.389 hours at 0.01 a second, 0.07 at 5 for 1,000 answers"; got != want {
		t.Errorf("cost is %q, want %q", got, want)
	}
}

// TestTrouble holds the engine to findings, not errors, where an assessment
// goes on.
func TestTrouble(t *testing.T) {
	dir, target, _ := payments(t)
	for name, change := range map[string]func(*quintain.Target){
		"no data":                  func(t *quintain.Target) { delete(t.With, "data") },
		"no table":                 func(to *quintain.Target) { to.With["data"] = save(t, dir, "bad.csv", []byte("a,b\nx,y\n")) },
		"no model":                 func(to *quintain.Target) { to.Ref = save(t, dir, "bad.onnx", []byte("MZ")) },
		"rows of another width":    func(to *quintain.Target) { to.With["data"] = write(t, dir, "wide.csv", datasets.Trial(30, 5, 1)) },
		"few rows":                 func(to *quintain.Target) { to.With["data"] = write(t, dir, "few.csv", datasets.Fraud(10, 0.5, 1)) },
		"an endpoint, not to open": func(to *quintain.Target) { to.Ref = save(t, dir, "api.yaml", []byte("url: x\n")) },
	} {
		to := target
		to.With = map[string]string{"data": target.With["data"]}
		change(&to)
		if f := run(t, extraction.Options{}, to, "learned")["learned"]; f.Outcome != quintain.Inconclusive || f.Summary == "" {
			t.Errorf("%s: %s %q, want inconclusive and why", name, f.Outcome, f.Summary)
		}
	}
	target.With["answers"] = "everything"
	e := extraction.New(extraction.Options{}, all.Attacks...)
	if err := e.Run(t.Context(), target, e.Checks(), record.NewMemory()); err == nil {
		t.Error("answers of no known form are no error")
	}
}

// TestOpen copies what Options.Open opens, and is handed the copy.
func TestOpen(t *testing.T) {
	dir, target, g := payments(t)
	target.Ref = save(t, dir, "api.yaml", nil)
	closed, kept := false, ""
	o := extraction.Options{
		Open: func(context.Context, quintain.Target) (ml.Oracle, func() error, error) {
			net, err := graph.Compile(g, graph.Options{})
			return net, func() error { closed = true; return nil }, err
		},
		Copied: func(check string, _ *graph.Graph) error { kept = check; return nil },
	}
	f := run(t, o, target, "equation")["equation"]
	if f.Outcome != quintain.Fail || !closed || kept != "attack/extraction/equation" {
		t.Errorf("%s, closed %v, copy of %q: %s", f.Outcome, closed, kept, f.Summary)
	}
}

func TestParseAnswers(t *testing.T) {
	for _, s := range []string{"scores", "labels", "top", "round:1", "round:6"} {
		if a, err := extraction.ParseAnswers(s); err != nil || a.String() != s {
			t.Errorf("%q is read as %q, %v", s, a, err)
		}
	}
	for _, s := range []string{"round:0", "round:7", "round:", "score", "round:-1"} {
		if a, err := extraction.ParseAnswers(s); err == nil {
			t.Errorf("%q is read as %q, want an error", s, a)
		}
	}
}

// TestHarden holds what is told of the logits 0, ln 3 and ln 4 to eighths.
func TestHarden(t *testing.T) {
	for _, c := range []struct {
		a    extraction.Answers
		want [3]float64
	}{
		{extraction.Scores, [3]float64{0.125, 0.375, 0.5}},
		{extraction.Rounded(1), [3]float64{0.1, 0.4, 0.5}},
		{extraction.Top, [3]float64{0.25, 0.25, 0.5}}, // the rest is spread
		{extraction.Labels, [3]float64{0, 0, 1}},
	} {
		tr := &extraction.Trial{Victim: fixed(c.a), Answers: c.a, Classes: 3}
		p, err := tr.Probabilities(t.Context(), ml.Batch{X: []float32{0}, Dim: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if d := p[i] - want; d > 1e-6 || d < -1e-6 {
				t.Errorf("%s tells %v, want %v", c.a, p, c.want)
				break
			}
		}
	}
}

// A fixed victim says the same of every row.
type fixed extraction.Answers

// Spec implements [ml.Oracle].
func (fixed) Spec() ml.Spec { return ml.Spec{Shape: []int{1}, Classes: 3} }

// Predict implements [ml.Oracle].
func (f fixed) Predict(context.Context, ml.Batch) ([]float32, error) {
	z := []float32{0, 1.0986123, 1.3862944}
	extraction.Answers(f).Harden(z)
	return z, nil
}
