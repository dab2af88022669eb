package evasion_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/record"
	"quintain/record/recordtest"
)

const model = "../../ml/testdata/mlp.onnx"

// table writes n random rows that the model classifies as they are labeled.
func table(t *testing.T, n int) string {
	t.Helper()
	raw, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	b := ml.Batch{X: make([]float32, n*12), Dim: 12}
	for i := range b.X {
		b.X[i] = float32(rng.NormFloat64()) * 3
	}
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	for i := range 12 {
		fmt.Fprintf(&s, "f%d,", i)
	}
	s.WriteString("label\n")
	for i := range n {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, ml.Argmax(z[i*3:(i+1)*3]))
	}
	return file(t, "rows.csv", s.String())
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func target(model, data, eps string) quintain.Target {
	return quintain.Target{Kind: quintain.KindClassifier, Ref: model, With: map[string]string{"data": data, "eps": eps}}
}

func run(t *testing.T, target quintain.Target, o evasion.Options) []quintain.Finding {
	t.Helper()
	attacks := slices.DeleteFunc(slices.Clone(all.Attacks), func(a *evasion.Attack) bool { return a.Ruled || a.Halves })
	e := evasion.New(o, attacks...)
	return recordtest.Engine(t, e, target, e.Checks())
}

// blackBox reports whether the attack called name sees answers only.
func blackBox(name string) bool {
	return slices.ContainsFunc(all.Attacks, func(a *evasion.Attack) bool { return a.Name == name && a.BlackBox })
}

// forForests reports whether the attack called name applies to forests.
func forForests(name string) bool {
	return slices.ContainsFunc(all.Attacks, func(a *evasion.Attack) bool { return a.Name == name && (a.BlackBox || len(a.Parts) > 0) })
}

func TestFail(t *testing.T) {
	for _, f := range run(t, target(model, table(t, 200), "0.3"), evasion.Options{Seed: 3}) {
		if f.Outcome != quintain.Fail || f.Severity != quintain.High {
			t.Errorf("%s: %v %v, want fail high: %s", f.Check, f.Outcome, f.Severity, f.Summary)
		}
		if f.Control == nil || f.Control.Outcome != quintain.Fail || f.Control.Measure == nil {
			t.Errorf("%s: control %+v, want one that failed with a measure", f.Check, f.Control)
		}
		robust, clean := f.Evidence[0], f.Evidence[1]
		if m := clean.Measure; m == nil || m.Value != 1 || m.Trials != 200 {
			t.Errorf("%s: clean accuracy %+v, want 1 in 200 trials", f.Check, m)
		}
		if m := robust.Measure; m == nil || m.High >= 0.35 || m.Method != "clopper-pearson" || m.Seed != 3 {
			t.Errorf("%s: robust accuracy %+v, want an interval below 0.35 and seed 3", f.Check, m)
		}
		repro := strings.Join(robust.Repro, " ")
		if !strings.Contains(repro, "--check "+f.Check+" --eps 0.3 --seed 3") {
			t.Errorf("%s: repro %q", f.Check, repro)
		}
		last := len(f.Evidence) - 1
		if figure := f.Evidence[last]; !strings.Contains(figure.Summary, "figure: accuracy over the attacker's budget") || figure.Blob == "" {
			t.Errorf("%s: last comes %+v, want the curve", f.Check, figure)
		}
		rows := f.Evidence[last-1]
		if !strings.Contains(rows.Excerpt, "% of its range") || !strings.Contains(rows.Excerpt, " becomes ") || rows.Blob == "" {
			t.Errorf("%s: the rows shown are %q, blob %q", f.Check, rows.Excerpt, rows.Blob)
		}
	}
}

func TestPass(t *testing.T) {
	for _, f := range run(t, target(model, table(t, 200), "0.002"), evasion.Options{}) {
		if !f.Resisted() {
			t.Errorf("%s: %v, control %v, want resisted: %s", f.Check, f.Outcome, f.Control, f.Summary)
		}
		found := false
		for _, e := range f.Evidence {
			found = found || strings.Contains(e.Excerpt, "gradients agree with finite differences")
		}
		if found == blackBox(f.Check) {
			t.Errorf("%s: evidence about masked gradients is %v", f.Check, found)
		}
	}
}

// PGD starts where one step ends; it must not turn fewer rows.
func TestIterativeIsNoWeaker(t *testing.T) {
	white := slices.DeleteFunc(slices.Clone(all.Attacks), func(a *evasion.Attack) bool { return a.BlackBox || a.Ruled || a.Halves })
	data := table(t, 150)
	for _, eps := range []string{"0.02", "0.05", "0.1"} {
		rate := map[string]float64{}
		e := evasion.New(evasion.Options{}, white...)
		for _, f := range recordtest.Engine(t, e, target(model, data, eps), e.Checks()) {
			rate[f.Check] = f.Evidence[2].Measure.Value
		}
		if fgsm, pgd := rate["attack/evasion/fgsm"], rate["attack/evasion/pgd"]; pgd < fgsm || fgsm == 0 {
			t.Errorf("eps %s: success rate of pgd %v, of fgsm %v", eps, pgd, fgsm)
		}
	}
}

// message writes fields of a protocol buffer: numbers, text and messages.
func message(fields ...any) string {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		num := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
		}
	}
	return string(b)
}

// network is a model of one operator on two features.
func network(op string) string {
	shape := message(1, message(2, "batch"), 1, message(1, 2))
	return message(8, message(2, 17), 7, message(
		1, message(1, "x", 2, "y", 3, "layer 7", 4, op),
		11, message(1, "x", 2, message(1, message(1, 1, 2, shape))), 12, message(1, "y")))
}

func TestInconclusive(t *testing.T) {
	two := "a,b,label\n" + strings.Repeat("1,2,1\n3,0,0\n", 30)
	for name, c := range map[string]struct{ model, data, says string }{
		"unknown operator": {network("Bernoulli"), two, `operator "Bernoulli" of node "layer 7": not supported`},
		"no model":         {"PK\x03\x04 this is a zip", two, "not a model"},
		"features":         {network("Softmax"), "a,label\n1,0\n", "rows of 1 features for a model that takes 2"},
		"classes":          {network("Softmax"), "a,b,label\n1,2,5\n", "label 5, but the model knows classes 0 to 1"},
		"table":            {network("Softmax"), "a,b,label\n1,x,0\n", `line 2: column "b": "x" is no number`},
		"too few rows":     {network("Softmax"), "a,b,label\n1,2,1\n3,0,0\n", "only 2 rows are classified correctly"},
		"inaccurate":       {network("Relu"), "a,b,label\n" + strings.Repeat("1,2,0\n3,0,1\n2,3,1\n", 60), "33.3% before any attack"},
		"undecided":        {network("Relu"), two + "5,0,1\n", "cannot tell"},
		"not a number":     {network("Log"), strings.ReplaceAll(two, "0,0", "-1,0"), "self-check: logit"},
	} {
		tg := target(file(t, "m.onnx", c.model), file(t, "d.csv", c.data), "0.1")
		if name == "undecided" {
			tg.With["robust"] = "0.95"
		}
		for _, f := range run(t, tg, evasion.Options{}) {
			if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, c.says) {
				t.Errorf("%s: %s: %v %q, want inconclusive saying %q", name, f.Check, f.Outcome, f.Summary, c.says)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	data := table(t, 30)
	e := evasion.New(evasion.Options{}, all.Attacks...)
	for name, tg := range map[string]quintain.Target{
		"no model": target("nowhere.onnx", data, "0.1"),
		"no rows":  target(model, "nowhere.csv", "0.1"),
		"folder":   target(t.TempDir(), data, "0.1"),
		"no data":  {Kind: quintain.KindClassifier, Ref: model},
		"eps":      target(model, data, "lots"),
		"zero":     target(model, data, "0"),
		"nan":      target(model, data, "NaN"),
	} {
		rec := record.NewMemory()
		if err := e.Run(t.Context(), tg, e.Checks(), rec); err == nil || len(rec.Findings()) > 0 {
			t.Errorf("%s: Run = %v with %d findings, want an error and none", name, err, len(rec.Findings()))
		}
	}
	if err := e.Run(t.Context(), target("nowhere.onnx", data, "0.1"), e.Checks(), record.NewMemory()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Run = %v, want %v", err, fs.ErrNotExist)
	}
	if err := e.Run(t.Context(), target(model, data, "0.1"), []*quintain.Check{{Name: "scan/pickle"}}, record.NewMemory()); err == nil {
		t.Error("Run takes a check that is no attack")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Run(ctx, target(model, data, "0.1"), e.Checks(), record.NewMemory()); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v after the context ended, want %v", err, context.Canceled)
	}
}

// Same inputs and seed, same bytes; and progress ends where it said it would.
func TestSameSeedSameBytes(t *testing.T) {
	tg := target(model, table(t, 120), "0.05")
	bytes := func(seed uint64) string {
		rec := record.NewMemory()
		done, total := 0, -1
		e := evasion.New(evasion.Options{Seed: seed, MaxSamples: 60, Progress: func(d, t int) { done, total = d, t }}, all.Attacks...)
		if err := e.Run(t.Context(), tg, e.Checks(), rec); err != nil {
			t.Fatal(err)
		}
		if done != total {
			t.Errorf("progress ended at %d of %d", done, total)
		}
		b, err := json.Marshal([]any{rec.Findings(), rec.Components()})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	once, again, other := bytes(1), bytes(1), bytes(2)
	if once != again {
		t.Error("two runs from one seed differ")
	}
	if once == other {
		t.Error("two seeds draw the same rows")
	}
}
