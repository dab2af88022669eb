package evasion_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/record"
)

// A distant model answers over a wire that is not there. It counts for itself.
type distant struct {
	*graph.Net
	labels bool
	left   int   // rows that it answers about; negative for all
	after  int   // rows after which it fails; 0 for never
	err    error // with which
	fickle bool  // it failed because it changed its mind

	mu   sync.Mutex
	rows int
}

var errBroken = errors.New("status 500")

func (d *distant) Spec() ml.Spec {
	s := d.Net.Spec()
	s.Output = "probabilities"
	if d.labels {
		s.Output = "label"
	}
	return s
}

func (d *distant) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	d.mu.Lock()
	over := d.left >= 0 && d.rows+x.Rows() > d.left
	if !over {
		d.rows += x.Rows()
	}
	stop := d.after > 0 && d.rows > d.after
	d.mu.Unlock()
	switch {
	case stop:
		return nil, d.err
	case over:
		return nil, errors.New("more was asked than granted")
	}
	z, err := d.Net.Predict(ctx, x)
	for k := d.Spec().Classes; d.labels && err == nil && len(z) >= k; k += d.Spec().Classes {
		row := z[k-d.Spec().Classes : k]
		best := ml.Argmax(row)
		clear(row)
		row[best] = 1
		if k == len(z) {
			break
		}
	}
	return z, err
}

func (d *distant) Ledger() evasion.Ledger {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := evasion.Ledger{Rows: d.rows, Requests: d.rows, Price: 0.5, Left: -1, Again: 7}
	if d.left >= 0 {
		l.Left = d.left - d.rows
	}
	if d.fickle && d.rows > d.after {
		l.Fickle = "a row was answered class 0, and later class 1"
	}
	return l
}

// away returns the options that open d, and the target.
func away(t *testing.T, d *distant, o evasion.Options, eps string) (evasion.Options, quintain.Target) {
	t.Helper()
	raw, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if d.Net, err = graph.Compile(g, graph.Options{}); err != nil {
		t.Fatal(err)
	}
	o.Open = func(context.Context, quintain.Target) (ml.Oracle, func() error, error) {
		return d, func() error { return nil }, nil
	}
	return o, target("https://models.example/v1/models/x:predict", table(t, 200), eps)
}

// besiege runs the named checks against d and returns what they found.
func besiege(t *testing.T, d *distant, o evasion.Options, eps string, names ...string) (map[string]quintain.Finding, error) {
	t.Helper()
	o, tg := away(t, d, o, eps)
	e := evasion.New(o, all.Attacks...)
	var checks []*quintain.Check
	for _, c := range e.Checks() {
		for _, n := range names {
			if c.Name == "attack/evasion/"+n {
				checks = append(checks, c)
			}
		}
	}
	rec := record.NewMemory()
	err := e.Run(t.Context(), tg, checks, rec)
	out := make(map[string]quintain.Finding)
	for _, f := range rec.Findings() {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
		out[strings.TrimPrefix(f.Check, "attack/evasion/")] = f
	}
	if len(out) != len(names) {
		t.Errorf("%d findings of %d checks", len(out), len(names))
	}
	return out, err
}

func text(f quintain.Finding) string {
	var s strings.Builder
	s.WriteString(f.Summary + "\n")
	for _, e := range f.Evidence {
		s.WriteString(e.Summary + "\n" + e.Excerpt + "\n")
	}
	return s.String()
}

// A remote model is attacked by its scores, or by labels where it tells no
// more; attacks that follow gradients say why they do not apply.
func TestRemote(t *testing.T) {
	for _, labels := range []bool{false, true} {
		d := &distant{labels: labels, left: -1}
		got, err := besiege(t, d, evasion.Options{Seed: 1, Queries: 300}, "0.3", "standard", "square", "hopskipjump", "apgd")
		if err != nil {
			t.Fatal(err)
		}
		if f := got["apgd"]; f.Outcome != quintain.NotApplicable || !strings.Contains(f.Summary, "nothing is seen of it but its answers") {
			t.Errorf("apgd: %v %q, want not applicable and why", f.Outcome, f.Summary)
		}
		if f := got["square"]; (f.Outcome == quintain.NotApplicable) != labels || labels && !strings.Contains(f.Summary, "answers with labels only") {
			t.Errorf("labels %v: square: %v %q", labels, f.Outcome, f.Summary)
		}
		used := "attack/evasion/square"
		if labels {
			used = "attack/evasion/hopskipjump"
		}
		for _, name := range []string{"standard", "hopskipjump"} {
			f := got[name]
			if f.Outcome != quintain.Fail || f.Control == nil {
				t.Errorf("labels %v: %s: %v %q, control %v; want fail with one", labels, name, f.Outcome, f.Summary, f.Control)
			}
			for _, want := range []string{"the upper end only", "the ledger: ", "the price is 0.5"} {
				if !strings.Contains(text(f), want) {
					t.Errorf("labels %v: %s does not say %q:\n%s", labels, name, want, text(f))
				}
			}
			if strings.Contains(text(f), "certified by") {
				t.Errorf("labels %v: %s speaks of a certificate", labels, name)
			}
		}
		if !strings.Contains(text(got["standard"]), used+" ") {
			t.Errorf("labels %v: the standard evaluation does not use %s:\n%s", labels, used, text(got["standard"]))
		}
	}
}

// A pass says what it can and no more, and not before the attack was seen to
// work.
func TestRemotePass(t *testing.T) {
	got, err := besiege(t, &distant{left: -1}, evasion.Options{Seed: 1, Queries: 200}, "0.001", "standard")
	if err != nil {
		t.Fatal(err)
	}
	f := got["standard"]
	if !f.Resisted() || !strings.Contains(f.Summary, "withstood 200 questions each from outside: accuracy is at most 9") {
		t.Errorf("%v %q, control %v; want a pass that says its limits", f.Outcome, f.Summary, f.Control)
	}
	for _, want := range []string{"and nothing says at least how much", "rows of this model, so it works on it", "7 rows that were asked about again", "random noise turns 0 of 8 rows"} {
		if !strings.Contains(text(f), want) {
			t.Errorf("nothing says %q:\n%s", want, text(f))
		}
	}
	none, err := besiege(t, &distant{left: -1}, evasion.Options{Seed: 1, Queries: 200}, "0.0001", "square")
	if err != nil {
		t.Fatal(err)
	}
	if f := none["square"]; !strings.Contains(text(f), "with a budget that allows any change 8 of 8 rows fall") || f.Resisted() {
		t.Errorf("where no row falls: %v %q, control %v; want a try with any change, and no resistance without a control:\n%s", f.Outcome, f.Summary, f.Control, text(f))
	}
	tight, err := besiege(t, &distant{left: 60*201 + 20}, evasion.Options{Seed: 1, Queries: 200, MaxSamples: 200}, "0.0001", "square")
	if err != nil {
		t.Fatal(err)
	}
	if f := tight["square"]; f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "too few questions are left to see whether it works") {
		t.Errorf("with nothing left to see that the attack works: %v %q, want inconclusive", f.Outcome, f.Summary)
	}
}

// What may be asked is never exceeded, and the rows that it covers are
// reported on.
func TestRemoteBudget(t *testing.T) {
	for _, left := range []int{0, 3, 200, 2000, 12_000} {
		for _, o := range []evasion.Options{{Seed: 1}, {Seed: 1, Queries: 100}} {
			d := &distant{left: left}
			got, err := besiege(t, d, o, "0.05", "square", "hopskipjump")
			if err != nil {
				t.Fatal(err)
			}
			for name, f := range got {
				if d.rows > left || strings.Contains(text(f), "more was asked than granted") {
					t.Errorf("%d rows may be asked about, %s with %d a row: %d were\n%s", left, name, o.Queries, d.rows, text(f))
				}
				if left >= 12_000 && (len(f.Evidence) == 0 || f.Evidence[0].Measure == nil || f.Evidence[0].Measure.Trials < 20) {
					t.Errorf("%d rows may be asked about, %s: %v %q has no interval of 20 rows or more", left, name, f.Outcome, f.Summary)
				}
			}
		}
	}
}

// A model that fails, or changes its mind, is no verdict; what was measured
// before it failed is told.
func TestRemoteTrouble(t *testing.T) {
	o := evasion.Options{Seed: 1, Queries: 100}
	for name, c := range map[string]struct {
		d    *distant
		eps  string
		want quintain.Outcome
		says string
		rows bool // there is an interval
	}{
		"errors only":  {&distant{left: -1, after: 1, err: errBroken}, "0.05", quintain.Inconclusive, "status 500", false},
		"errors late":  {&distant{left: -1, after: 4000, err: errBroken}, "0.05", quintain.Inconclusive, "status 500 after ", true},
		"turned first": {&distant{left: -1, after: 3000, err: errBroken}, "0.5", quintain.Fail, "status 500 after ", true},
		"fickle": {
			&distant{left: -1, after: 3000, err: errBroken, fickle: true}, "0.5", quintain.Inconclusive,
			"changes its mind: a row was answered class 0, and later class 1", false,
		},
	} {
		got, err := besiege(t, c.d, o, c.eps, "hopskipjump")
		if err != nil {
			t.Fatal(err)
		}
		f := got["hopskipjump"]
		if f.Outcome != c.want || !strings.Contains(text(f), c.says) || (f.Evidence[0].Measure != nil) != c.rows {
			t.Errorf("%s: %v, want %v saying %q:\n%s", name, f.Outcome, c.want, c.says, text(f))
		}
	}
	e := evasion.New(evasion.Options{}, all.Attacks...)
	if err := e.Run(t.Context(), target("endpoint.yaml", table(t, 30), "0.1"), e.Checks(), record.NewMemory()); err == nil {
		t.Error("a target that nothing opens is no error")
	}
}

// The plan of a remote model says what it costs and how long it takes.
func TestRemotePlan(t *testing.T) {
	terms := evasion.Terms{Remote: true, Left: 10_000, Price: 2, PerSecond: 10}
	got := strings.Join(evasion.Plan(evasion.Options{}, terms, all.Attacks, "attack/evasion/standard", "attack/evasion/apgd"), "\n")
	for _, want := range []string{"standard: at most 100 rows, each at most 79 questions", "9070 questions in all; at most 18.14 at 2 for 1,000; 0.252 hours at 10 a second", "apgd: does not apply"} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan is\n%s\nwant %q", got, want)
		}
	}
}
