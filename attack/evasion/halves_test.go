package evasion_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/attack/evasion/evasiontest"
	"quintain/record"
	"quintain/record/recordtest"
)

// pictures writes the handwritten digits that the network of evasiontest
// classifies correctly, and returns them as a target with it.
func pictures(t *testing.T, eps string) quintain.Target {
	t.Helper()
	b := evasiontest.DigitsMLP(t, 0.1).Batch
	var s strings.Builder
	for i := range b.Dim {
		fmt.Fprintf(&s, "p%d,", i)
	}
	s.WriteString("label\n")
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, b.Y[i])
	}
	return target("evasiontest/testdata/mlp.onnx", file(t, "digits.csv", s.String()), eps)
}

// mounted runs the attacks called names on a target.
func mounted(t *testing.T, tg quintain.Target, o evasion.Options, names ...string) map[string]quintain.Finding {
	t.Helper()
	e := evasion.New(o, all.Attacks...)
	var checks []*quintain.Check
	for _, c := range e.Checks() {
		if slices.Contains(names, strings.TrimPrefix(c.Name, "attack/evasion/")) {
			checks = append(checks, c)
		}
	}
	out := make(map[string]quintain.Finding)
	for _, f := range recordtest.Engine(t, e, tg, checks) {
		out[strings.TrimPrefix(f.Check, "attack/evasion/")] = f
	}
	return out
}

// An attacker with rows of their own attacks the other half of those drawn, and
// says how what was made compares: on the surrogates, or with squares that nobody
// trained. Both beat the weak twin.
func TestHalves(t *testing.T) {
	got := mounted(t, pictures(t, "0.15"), evasion.Options{Seed: 5, Nodes: 1}, "transfer", "patch")
	if len(got) != 2 {
		t.Fatalf("%d findings, want 2", len(got))
	}
	for name, f := range got {
		if m := f.Evidence[1].Measure; m == nil || m.Trials != 175 || m.Value != 1 {
			t.Errorf("%s: clean accuracy %+v, want 1 of the 175 rows that are attacked", name, m)
		}
		if f.Control == nil || f.Control.Outcome != quintain.Fail {
			t.Errorf("%s: control %+v, want that the weak twin falls", name, f.Control)
		}
		share := make(map[string]quintain.Measure)
		for _, e := range f.Evidence {
			if e.Measure != nil {
				share[e.Measure.Name] = *e.Measure
				if e.Measure.Seed != 5 {
					t.Errorf("%s: %q is measured with seed %d, want 5", name, e.Measure.Name, e.Measure.Seed)
				}
			}
		}
		success := share["attack success rate"].Value
		switch name {
		case "transfer":
			if on := share["attack success rate on the surrogates"]; on.Trials != 175 || on.Value <= success || success < 0.3 {
				t.Errorf("transfer: %v on the model, %+v on the surrogates", success, on)
			}
		case "patch":
			patch, gray, random := share["share fooled by the patch"], share["share fooled by a gray square"], share["share fooled by random squares"]
			if patch.Value != success || patch.Low <= gray.Value || patch.Low <= random.Value || gray.Trials != 175 || random.Trials != 175 {
				t.Errorf("patch: %v in all, %+v; gray %+v, random %+v: want a patch that does better", success, patch, gray, random)
			}
			if !strings.Contains(f.Summary, "a square of 3 by 3 pixels, 14.1% of the picture, may be replaced anywhere in it") {
				t.Errorf("patch: %q", f.Summary)
			}
		}
	}
}

// With a class that the attacker wants, rows become that one.
func TestHalvesToward(t *testing.T) {
	tg := pictures(t, "0.4")
	tg.With["to"] = "8"
	o := evasion.Options{MaxSamples: 200, Nodes: 1}
	fell := make(map[string]int)
	o.Sample = func(s evasion.Sample) error {
		if s.Success != (s.Predicted == 8) || s.Label == 8 {
			t.Errorf("%s: %+v", s.Attack, s)
		}
		if s.Success {
			fell[s.Attack]++
		}
		return nil
	}
	mounted(t, tg, o, "transfer", "patch")
	if fell["attack/evasion/transfer"] < 20 || fell["attack/evasion/patch"] < 8 {
		t.Errorf("rows that became an 8: %v, want more", fell)
	}
}

// Rows that are no pictures are not attacked with a patch, and nothing is
// decided about them.
func TestPatchNeedsPictures(t *testing.T) {
	f := mounted(t, target(model, table(t, 60), "0.1"), evasion.Options{}, "patch")["patch"]
	if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "nothing says that the rows are pictures") {
		t.Errorf("%v %q, want inconclusive with a reason", f.Outcome, f.Summary)
	}
}

// A forest has no gradients: what needs them does not apply, what needs answers
// only does.
func TestTransferNeedsNoGradient(t *testing.T) {
	file := "../../ml/testdata/sklearn/forest.onnx"
	got := mounted(t, target(file, flowers(t, file, 120), "0.4"), evasion.Options{}, "transfer", "patch")
	if f := got["transfer"]; f.Outcome == quintain.NotApplicable || len(f.Evidence) == 0 || f.Evidence[2].Measure.Value < 0.3 {
		t.Errorf("transfer: %v %q", f.Outcome, f.Summary)
	}
	if f := got["patch"]; f.Outcome != quintain.NotApplicable {
		t.Errorf("patch: %v %q, want that it does not apply", f.Outcome, f.Summary)
	}
}

// The same seed gives the same bytes with one goroutine and with two.
func TestHalvesRepeat(t *testing.T) {
	tg := pictures(t, "0.15")
	bytes := func(jobs int) string {
		rec := record.NewMemory()
		e := evasion.New(evasion.Options{Seed: 1, MaxSamples: 100, Jobs: jobs, Nodes: 1}, all.Attacks...)
		checks := slices.DeleteFunc(e.Checks(), func(c *quintain.Check) bool {
			return c.Name != "attack/evasion/transfer" && c.Name != "attack/evasion/patch"
		})
		if err := e.Run(t.Context(), tg, checks, rec); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(rec.Findings())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if bytes(1) != bytes(2) {
		t.Error("one goroutine and two find different things")
	}
}
