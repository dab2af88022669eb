package extraction_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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
	for _, want := range []string{
		"queries to 99% fidelity", "transfer success", "fidelity, round:2", "fidelity, labels",
		"fidelity, fresh-noise:0.05, mean of 10 answers to each question", "it buys", "a quota of questions buys accounts",
		"90/95/99% fidelity takes 10/10/10 queries", "the copy costs 14 queries",
	} {
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

// TestClosed closes the account of who asks questions that are alike: no copy is
// no pass, since others are more careful. Questions that are not alike go
// through.
func TestClosed(t *testing.T) {
	_, target, _ := payments(t)
	target.With["similar"], target.With["near"] = "3", "1"
	f := run(t, extraction.Options{Seed: 1}, target, "learned")["learned"]
	if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "account is closed") || !strings.Contains(f.Summary, "at question 5") {
		t.Errorf("everything is alike: %s: %s; want an account that is closed at question 5", f.Outcome, f.Summary)
	}
	target.With["near"] = "0.01"
	if f := run(t, extraction.Options{Seed: 1}, target, "equation")["equation"]; f.Outcome != quintain.Fail {
		t.Errorf("steps of a quarter of each range: %s: %s; want a copy", f.Outcome, f.Summary)
	}
}

// A service answers in doubles with so many decimals, or with all of them for 0.
type service struct {
	ml.Oracle
	digits int
}

// Spec implements [ml.Oracle].
func (s *service) Spec() ml.Spec {
	spec := s.Oracle.Spec()
	spec.Output = "probabilities"
	return spec
}

// Predict64 implements [extraction.Precise].
func (s *service) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	z, err := s.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	var out []float64
	for i := range x.Rows() {
		p := 1 / (1 + math.Exp(float64(z[2*i])-float64(z[2*i+1])))
		if s.digits > 0 {
			scale := math.Pow10(s.digits)
			p = math.Round(p*scale) / scale
		}
		out = append(out, math.Log(max(1-p, 1e-300)), math.Log(max(p, 1e-300)))
	}
	return out, nil
}

// TestDecimals finds out by itself that a service rounds: whoever solved
// equations with such answers would call a linear model something else.
func TestDecimals(t *testing.T) {
	dir, target, g := payments(t)
	target.Ref, target.With["queries"] = save(t, dir, "api.yaml", nil), "200"
	for digits, want := range map[int]string{0: "equations solved", 2: "(round:2)", 3: "(round:3)"} {
		f := run(t, extraction.Options{Seed: 1, Open: func(context.Context, quintain.Target) (ml.Oracle, func() error, error) {
			net, err := graph.Compile(g, graph.Options{})
			return &service{net, digits}, func() error { return nil }, err
		}}, target, "equation")["equation"]
		if f.Outcome != quintain.Fail || !strings.Contains(f.Evidence[0].Excerpt, want) {
			t.Errorf("%d decimals: %s: %s; it says %v, want %q and a copy", digits, f.Outcome, f.Summary, f.Evidence, want)
			continue
		}
		note := slices.ContainsFunc(f.Evidence, func(e quintain.Evidence) bool { return strings.Contains(e.Summary, "taken to be rounded") })
		if note != (digits > 0) {
			t.Errorf("%d decimals: a note that they are rounded: %v", digits, note)
		}
	}
}

// TestTerms takes price and pace from whoever opens the target, unless the
// target has its own.
func TestTerms(t *testing.T) {
	dir, target, g := payments(t)
	target.Ref = save(t, dir, "api.yaml", nil)
	target.With["price"] = "50"
	o := extraction.Options{
		Open: func(context.Context, quintain.Target) (ml.Oracle, func() error, error) {
			net, err := graph.Compile(g, graph.Options{})
			return net, func() error { return nil }, err
		},
		Terms: func(quintain.Target) (float64, float64, error) { return 0.01, 7, nil },
	}
	f := run(t, o, target, "equation")["equation"]
	want := "the copy costs 14 queries, 0.389 hours at 0.01 a second, 0.7 at 50 for 1,000 answers"
	if !slices.ContainsFunc(f.Evidence, func(e quintain.Evidence) bool { return e.Summary == want }) {
		t.Errorf("no evidence says %q: %+v", want, f.Evidence)
	}
}

func TestMoneyAndHours(t *testing.T) {
	_, target, _ := payments(t)
	target.With["per-second"], target.With["price"] = "0.01", "5"
	f := run(t, extraction.Options{}, target, "equation")["equation"]
	want := "the copy costs 14 queries, 0.389 hours at 0.01 a second, 0.07 at 5 for 1,000 answers"
	if !slices.ContainsFunc(f.Evidence, func(e quintain.Evidence) bool { return e.Summary == want }) {
		t.Errorf("no evidence says %q: %+v", want, f.Evidence)
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
	for _, s := range []string{"scores", "labels", "top", "top:3", "round:1", "round:6", "noise:0.05", "fresh-noise:1"} {
		if a, err := extraction.ParseAnswers(s); err != nil || a.String() != s {
			t.Errorf("%q is read as %q, %v", s, a, err)
		}
	}
	for _, s := range []string{"round:0", "round:7", "round:", "round:1.5", "score", "round:-1", "top:0", "top:", "top:1.5", "noise", "noise:0", "noise:NaN", "noise:2", "fresh-noise:-1"} {
		if a, err := extraction.ParseAnswers(s); err == nil {
			t.Errorf("%q is read as %q, want an error", s, a)
		}
	}
}

func FuzzParseAnswers(f *testing.F) {
	for _, s := range []string{"scores", "top:3", "round:2", "noise:0.05", "fresh-noise:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := extraction.ParseAnswers(s)
		if err != nil {
			return
		}
		if again, err := extraction.ParseAnswers(a.String()); err != nil || again != a {
			t.Errorf("%q is read as %s, and that as %s, %v", s, a, again, err)
		}
	})
}

// TestTell holds what is told of the logits 0, ln 3 and ln 4 to eighths.
func TestTell(t *testing.T) {
	for _, c := range []struct {
		a    extraction.Answers
		want [3]float64
	}{
		{extraction.Scores, [3]float64{0.125, 0.375, 0.5}},
		{extraction.Rounded(1), [3]float64{0.1, 0.4, 0.5}},
		{extraction.Top, [3]float64{0.25, 0.25, 0.5}}, // the rest is spread
		{extraction.TopOf(2), [3]float64{0.125, 0.375, 0.5}},
		{extraction.TopOf(9), [3]float64{0.125, 0.375, 0.5}},
		{extraction.Labels, [3]float64{0, 0, 1}},
	} {
		if p := told(t, c.a, 1, 0); !near(p, c.want, 1e-6) {
			t.Errorf("%s tells %v, want %v", c.a, p, c.want)
		}
	}
}

// TestNoiseIsWhatItSays asks about one row again and again: the mean of noise
// that is drawn anew is what it hides, that of noise which depends on the row
// is the noise.
func TestNoiseIsWhatItSays(t *testing.T) {
	truth := [3]float64{0.125, 0.375, 0.5}
	if p := told(t, extraction.Renewed(0.1), 4000, 0); !near(p, truth, 0.01) {
		t.Errorf("the mean of 4000 answers with fresh noise is %v, want %v", p, truth)
	}
	once, often := told(t, extraction.Noisy(0.1), 1, 0), told(t, extraction.Noisy(0.1), 100, 0)
	if !near(often, [3]float64(once), 1e-9) || near(once, truth, 1e-3) {
		t.Errorf("with the noise of the row one answer is %v and the mean of 100 is %v, want the same, and not %v", once, often, truth)
	}
	if other := told(t, extraction.Noisy(0.1), 1, 0.5); near(other, [3]float64(once), 1e-3) {
		t.Errorf("another row has the same noise: %v", other)
	}
	if a, b := told(t, extraction.Renewed(0.1), 1, 0), told(t, extraction.Renewed(0.1), 1, 0); a[0] != b[0] {
		t.Errorf("one seed gives %v and %v", a, b)
	}
}

// told returns the probabilities that an attacker makes of so many answers
// about a row.
func told(t *testing.T, a extraction.Answers, often int, row float32) []float64 {
	t.Helper()
	tr := &extraction.Trial{Victim: extraction.Tell(fixed{}, a, 1), Answers: a, Classes: 3, Repeat: often}
	p, err := tr.Probabilities(t.Context(), ml.Batch{X: []float32{row}, Dim: 1})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func near(p []float64, want [3]float64, by float64) bool {
	for i, w := range want {
		if d := p[i] - w; d > by || d < -by {
			return false
		}
	}
	return true
}

// A fixed victim says the same of every row.
type fixed struct{}

// Spec implements [ml.Oracle].
func (fixed) Spec() ml.Spec { return ml.Spec{Shape: []int{1}, Classes: 3} }

// Predict implements [ml.Oracle].
func (fixed) Predict(context.Context, ml.Batch) ([]float32, error) {
	return []float32{0, 1.0986123, 1.3862944}, nil
}

// TestFigures looks at the curves that the report draws: over queries, hours
// and money, and for answers that tell less.
func TestFigures(t *testing.T) {
	_, target, _ := payments(t)
	target.With["per-second"], target.With["price"] = "0.1", "2"
	e := extraction.New(extraction.Options{Seed: 1}, all.Attacks...)
	rec := record.NewMemory()
	checks := slices.DeleteFunc(e.Checks(), func(c *quintain.Check) bool { return c.Name != "attack/extraction/learned" })
	if err := e.Run(t.Context(), target, checks, rec); err != nil {
		t.Fatal(err)
	}
	labels := make(map[string]quintain.Figure)
	for _, ev := range rec.Findings()[0].Evidence {
		if !strings.HasPrefix(ev.Summary, "figure: ") {
			continue
		}
		b, ok := rec.Blob(ev.Blob)
		if !ok || b.MediaType != quintain.FigureType {
			t.Fatalf("%s is not kept", ev.Summary)
		}
		var f quintain.Figure
		if err := json.Unmarshal(b.Data, &f); err != nil {
			t.Fatal(err)
		}
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
		labels[f.X.Label+" "+f.Y.Label] = f
	}
	for name, want := range map[string][]float64{"queries share of rows": {5, 100}, "hours share of rows": {5.0 / 360, 100.0 / 360}, "money share of rows": {0.01, 0.2}} {
		f, ok := labels[name]
		if !ok || len(f.Lines) != 4 {
			t.Errorf("the figure over %s is missing, or has %d lines, want fidelity, accuracy, transfer and a constant", name, len(f.Lines))
			continue
		}
		x := f.Lines[0].X
		if math.Abs(x[0]-want[0]) > 1e-9 || math.Abs(x[len(x)-1]-want[1]) > 1e-9 || len(f.Lines[0].Low) != len(x) {
			t.Errorf("%s goes from %v to %v, want %v", name, x[0], x[len(x)-1], want)
		}
	}
	if f := labels["queries fidelity"]; len(f.Lines) < 8 {
		t.Errorf("%d lines for what answers buy", len(f.Lines))
	}
}
