package assess_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/assess"
	"quintain/report"
	"quintain/threat"
)

// TestOutcomes follows each outcome of a check to the status and the gate.
func TestOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		engine quintain.Engine
		want   report.Status
		gate   bool
	}{
		"fail":         {says(quintain.Fail), report.StatusFailed, false},
		"pass":         {says(quintain.Pass), report.StatusResisted, true},
		"inconclusive": {says(quintain.Inconclusive), report.StatusOpen, false},
		"none":         {says(quintain.NotApplicable), report.StatusOpen, false},
		"broken": {engine{func(_ context.Context, t quintain.Target, rec quintain.Recorder) error {
			if err := rec.Record(finding(t, quintain.Pass)); err != nil {
				return err
			}
			return errBroken // a run that broke off has not finished resisting
		}}, report.StatusOpen, false},
		"broken after a hit": {engine{func(_ context.Context, t quintain.Target, rec quintain.Recorder) error {
			if err := rec.Record(finding(t, quintain.Fail)); err != nil {
				return err
			}
			return errBroken
		}}, report.StatusFailed, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), options(tc.engine))
			want := map[string]report.Status{"model": tc.want, "other": tc.want}
			if got := statuses(d); !maps.Equal(got, want) {
				t.Errorf("statuses %v, want %v", got, want)
			}
			if d.Gate.Passed != tc.gate {
				t.Errorf("gate passed is %v (%q), want %v", d.Gate.Passed, d.Gate.Reasons, tc.gate)
			}
		})
	}
}

// TestSilentEngine gives the assessment an engine that says nothing. Silence
// must become a finding without a verdict.
func TestSilentEngine(t *testing.T) {
	silent := engine{func(context.Context, quintain.Target, quintain.Recorder) error { return nil }}
	d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), options(silent))
	if len(d.Findings) != 2 {
		t.Fatalf("%d findings, want one for each target", len(d.Findings))
	}
	for _, f := range d.Findings {
		if f.Outcome != quintain.Inconclusive || f.Summary != "the engine recorded nothing" {
			t.Errorf("%s: %s (%s), want an inconclusive finding that says the engine was silent", f.Target, f.Outcome, f.Summary)
		}
	}
	if got := statuses(d)["model"]; got != report.StatusOpen {
		t.Errorf("status %s, want open", got)
	}
}

// TestOneByteMakesStale keeps evidence, changes one byte of one artifact, and
// asks again: what is known about that one is stale, the other stands.
func TestOneByteMakesStale(t *testing.T) {
	dir := t.TempDir()
	m := load(t, dir, clinic)
	prior, _ := run(t.Context(), t, m, options(says(quintain.Pass)))

	o := options(engine{func(context.Context, quintain.Target, quintain.Recorder) error {
		t.Error("an engine ran, though the evidence was given")
		return nil
	}})
	o.Prior = prior
	same, _ := run(t.Context(), t, m, o)
	if got := statuses(same); got["model"] != report.StatusResisted || got["other"] != report.StatusResisted {
		t.Errorf("nothing changed: %v, want both resisted", got)
	}
	write(t, filepath.Join(dir, "model.bin"), "Weights of model.bin")
	changed, _ := run(t.Context(), t, m, o)
	if got := statuses(changed); got["model"] != report.StatusStale || got["other"] != report.StatusResisted {
		t.Errorf("one byte of model.bin changed: %v, want model stale and other resisted", got)
	}
	if changed.Gate.Passed {
		t.Error("the gate passed with stale evidence")
	}
}

// TestPriorOfOthers gives evidence about nothing in the system: it settles
// nothing.
func TestPriorOfOthers(t *testing.T) {
	o := options(says(quintain.Pass))
	o.Prior = &report.Document{Schema: report.SchemaName, Complete: true, Gate: report.Gate{FailOn: quintain.High, Passed: true}}
	d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), o)
	if got := statuses(d)["model"]; got != report.StatusOpen {
		t.Errorf("status %s, want open", got)
	}
}

// TestChangedWhileTested has an engine whose target changes under its hands:
// its pass is about nothing that exists.
func TestChangedWhileTested(t *testing.T) {
	e := engine{func(_ context.Context, target quintain.Target, rec quintain.Recorder) error {
		if err := os.WriteFile(target.Ref, []byte("something else in "+target.Ref), 0o644); err != nil {
			return err
		}
		return rec.Record(finding(target, quintain.Pass))
	}}
	d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), options(e))
	if got := statuses(d)["model"]; got != report.StatusOpen {
		t.Errorf("status %s, want open", got)
	}
	if want := "changed while it was tested"; !strings.Contains(d.Threats[0].Why, want) {
		t.Errorf("why is %q, want %q in it", d.Threats[0].Why, want)
	}
}

// TestMissingArtifact describes a system whose file is not there.
func TestMissingArtifact(t *testing.T) {
	dir := t.TempDir()
	m := load(t, dir, clinic)
	if err := os.Remove(filepath.Join(dir, "model.bin")); err != nil {
		t.Fatal(err)
	}
	e := engine{func(_ context.Context, target quintain.Target, rec quintain.Recorder) error {
		if _, err := os.Stat(target.Ref); err != nil {
			return err
		}
		return rec.Record(finding(target, quintain.Pass))
	}}
	d, _ := run(t.Context(), t, m, options(e))
	if got := statuses(d); got["model"] != report.StatusOpen || got["other"] != report.StatusResisted {
		t.Errorf("statuses %v, want model open and other resisted", got)
	}
}

// TestInterrupted ends the context in the middle. The report must be valid and
// say that it is not complete; what was proved before stays proved.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := engine{func(ctx context.Context, target quintain.Target, rec quintain.Recorder) error {
		if strings.HasSuffix(target.Ref, "other.bin") {
			cancel()
			return ctx.Err()
		}
		return rec.Record(finding(target, quintain.Fail))
	}}
	d, _ := run(ctx, t, load(t, t.TempDir(), clinic), options(e))
	if d.Complete || d.Gate.Passed || !strings.Contains(d.Incomplete, "interrupted") {
		t.Errorf("complete %v, gate passed %v, incomplete %q: want a report that says it was interrupted", d.Complete, d.Gate.Passed, d.Incomplete)
	}
	if got := statuses(d); got["model"] != report.StatusFailed || got["other"] != report.StatusOpen {
		t.Errorf("statuses %v, want model failed and other open", got)
	}
}

// TestRefused asks for a need that was not granted: nothing runs, and the
// threat says why it is open.
func TestRefused(t *testing.T) {
	o := options(engine{func(context.Context, quintain.Target, quintain.Recorder) error {
		t.Error("a check ran whose need was not granted")
		return nil
	}})
	o.Needs = func(*quintain.Check, quintain.Target) quintain.Need { return quintain.NeedNetwork }
	d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), o)
	if want := "--grant network"; !strings.Contains(d.Threats[0].Why, want) || d.Threats[0].Status != report.StatusOpen {
		t.Errorf("%s: %q, want open with %q", d.Threats[0].Status, d.Threats[0].Why, want)
	}
}

// TestAllowOpen lets what nothing has settled pass, and nothing else.
func TestAllowOpen(t *testing.T) {
	for outcome, want := range map[quintain.Outcome]bool{quintain.Inconclusive: true, quintain.Fail: false} {
		o := options(says(outcome))
		o.AllowOpen = true
		if d, _ := run(t.Context(), t, load(t, t.TempDir(), clinic), o); d.Gate.Passed != want {
			t.Errorf("%s: gate passed is %v, want %v", outcome, d.Gate.Passed, want)
		}
	}
}

// TestSameSeedSameBytes assesses twice, with engines that record in another
// order each time, and compares every byte.
func TestSameSeedSameBytes(t *testing.T) {
	dir := t.TempDir()
	assessed := func(order []int) string {
		e := engine{func(ctx context.Context, target quintain.Target, rec quintain.Recorder) error {
			for _, i := range order {
				f := finding(target, quintain.Fail)
				d, err := rec.Attach(ctx, "text/plain", strings.NewReader(strings.Repeat("x", i)))
				if err != nil {
					return err
				}
				f.Evidence[0].Blob = d
				f.Summary = strings.Repeat("i", i+1)
				if err := rec.Record(f); err != nil {
					return err
				}
			}
			return nil
		}}
		_, b := run(t.Context(), t, load(t, dir, clinic), options(e))
		return b
	}
	if a, b := assessed([]int{0, 1, 2}), assessed([]int{2, 0, 1}); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
}

// TestMovingElements shuffles the file a hundred times: no id and no status
// changes, and an element more changes no id.
func TestMovingElements(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	head, rest, _ := strings.Cut(clinic, "elements:\n")
	elements, flows, _ := strings.Cut(rest, "flows:\n")
	want := ids(load(t, t.TempDir(), clinic))
	for range 100 {
		e, f := strings.SplitAfter(elements, "\n"), strings.SplitAfter(flows, "\n")
		rng.Shuffle(len(e), func(i, j int) { e[i], e[j] = e[j], e[i] })
		rng.Shuffle(len(f), func(i, j int) { f[i], f[j] = f[j], f[i] })
		more := "  - {id: nurse, kind: human, trust: trusted}\n"
		src := head + "elements:\n" + strings.Join(e, "") + more + "flows:\n" + strings.Join(f, "")
		if got := ids(load(t, t.TempDir(), src)); !slices.Equal(got, want) {
			t.Fatalf("ids %q, want %q, of\n%s", got, want, src)
		}
	}
}

func ids(m *threat.Model) []string {
	var out []string
	for _, t := range m.Threats([]*threat.Rule{planted}) {
		out = append(out, t.ID)
	}
	slices.Sort(out)
	return out
}

// TestPlanOrder plans the same steps whatever the order of the file.
func TestPlanOrder(t *testing.T) {
	dir := t.TempDir()
	m := load(t, dir, clinic)
	p := assess.NewPlan(m, options(says(quintain.Pass)))
	if len(p.Steps) != 2 || len(p.Threats) != 2 {
		t.Fatalf("%d steps for %d threats, want 2 for 2", len(p.Steps), len(p.Threats))
	}
	slices.Reverse(m.Elements)
	q := assess.NewPlan(m, options(says(quintain.Pass)))
	for i := range p.Steps {
		if assess.Key(p.Steps[i].Target) != assess.Key(q.Steps[i].Target) {
			t.Errorf("step %d is about %s, want %s", i, q.Steps[i].Target, p.Steps[i].Target)
		}
	}
}

// TestNothingToAssess has no rule that applies.
func TestNothingToAssess(t *testing.T) {
	o := options(says(quintain.Pass))
	o.Rules = nil
	if _, err := assess.Run(t.Context(), load(t, t.TempDir(), clinic), o); err == nil {
		t.Error("Run() without rules = nil error, want one that says there is nothing to assess")
	}
}
