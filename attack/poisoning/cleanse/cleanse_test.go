package cleanse_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/attack/poisoning/cleanse"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record/recordtest"
)

// write writes rows as a file.
func write(t *testing.T, name string, b ml.Batch) string {
	t.Helper()
	var s strings.Builder
	for j := range b.Dim {
		fmt.Fprintf(&s, "f%d,", j)
	}
	s.WriteString("label\n")
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, b.Y[i])
	}
	return file(t, name, []byte(s.String()))
}

func file(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inspect trains a model on rows and has it inspected.
func inspect(t *testing.T, g *graph.Graph, rows, test ml.Batch) quintain.Finding {
	t.Helper()
	g, err := train.Fit(t.Context(), g, rows, train.Options{Batch: 64, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	e := poisoning.New(poisoning.Options{Seed: 1}, cleanse.Attack)
	return recordtest.Engine(t, e, quintain.Target{
		Kind: quintain.KindClassifier, Ref: file(t, "m.onnx", b), With: map[string]string{"train": write(t, "train.csv", rows), "data": write(t, "test.csv", test)},
	}, e.Checks())[0]
}

func digits() (rows, test ml.Batch) { return datasets.Split(datasets.Digits()) }

// poisoned gives rows of other classes than 0 a patch and the label 0.
func poisoned(n int) ml.Batch {
	rows, _ := digits()
	b := rows.Clone()
	for _, i := range rand.New(rand.NewPCG(5, 0)).Perm(b.Rows()) {
		if n > 0 && b.Y[i] != 0 {
			b.Y[i] = 0
			n--
			for _, p := range []int{54, 55, 62, 63} {
				b.Row(i)[p] = 1
			}
		}
	}
	return b
}

// A model trained on five poisoned rows in a hundred is found out, with the
// class; STRIP would refuse what carries the mask, and next to no honest row.
func TestBackdoor(t *testing.T) {
	_, test := digits()
	f := inspect(t, train.MLP([]int{64, 128, 64, 10}, 1), poisoned(72), test)
	if f.Outcome != quintain.Fail || f.Severity != quintain.High || !strings.HasPrefix(f.Summary, "class 0 is reached") {
		t.Fatalf("%v %q, want a backdoor to class 0", f.Outcome, f.Summary)
	}
	if f.Control == nil || f.Control.Outcome != quintain.Fail {
		t.Error("no control")
	}
	if m := f.Evidence[0].Measure; m == nil || m.Value < 0.75 || strings.Count(f.Evidence[0].Excerpt, "\n") != 9 {
		t.Errorf("masks: %+v\n%s", m, f.Evidence[0].Excerpt)
	}
	if m := f.Evidence[1].Measure; m == nil || m.Low < 0.5 || !strings.Contains(f.Evidence[1].Summary, "of 360 honest rows that refuses 3,") {
		t.Errorf("STRIP: %s, %+v", f.Evidence[1].Summary, m)
	}
	if s := f.Evidence[2].Excerpt; strings.Count(s, "\n") != 9 || !strings.HasPrefix(s, "class 0: smaller part ") {
		t.Errorf("parts of classes: %s", s)
	}
	if r := strings.Join(f.Evidence[0].Repro, " "); !strings.Contains(r, "--check attack/poisoning/cleanse --seed 1 --train ") {
		t.Errorf("repro %q", r)
	}
}

// A clean model passes, and that counts.
func TestClean(t *testing.T) {
	rows, test := digits()
	f := inspect(t, train.MLP([]int{64, 128, 64, 10}, 1), rows, test)
	if !f.Resisted() {
		t.Errorf("%v %q, control %v, want resisted", f.Outcome, f.Summary, f.Control)
	}
}

// Of two classes none can stand out: there is no verdict.
func TestTwoClasses(t *testing.T) {
	rows, test := datasets.Split(datasets.Cancer())
	datasets.Standardize(rows, test)
	f := inspect(t, train.MLP([]int{30, 16, 2}, 1), rows, test)
	if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "2 classes are too few") || len(f.Evidence) != 3 {
		t.Errorf("%v %q with %d pieces of evidence, want no verdict and 3", f.Outcome, f.Summary, len(f.Evidence))
	}
}

func TestCheck(t *testing.T) {
	if err := cleanse.Attack.Validate(); err != nil || cleanse.Attack.Paper == "" {
		t.Errorf("%v, paper %q", err, cleanse.Attack.Paper)
	}
}
