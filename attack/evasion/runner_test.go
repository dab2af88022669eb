package evasion_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
)

// A bench is where nets run that another engine runs.
type bench struct {
	open, opened, asked int
	unfit               error // what the self-check says
}

type benched struct {
	*graph.Net
	b *bench
}

func (b *bench) run(net *graph.Net) (evasion.Runner, error) {
	b.open++
	b.opened++
	return &benched{net, b}, nil
}

func (r *benched) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	r.b.asked++
	return r.Net.Predict(ctx, x)
}

func (r *benched) SelfCheck(context.Context, ml.Batch, []float32, uint64) error { return r.b.unfit }

func (r *benched) About() string { return "a bench of version 7" }

func (r *benched) Close() { r.b.open-- }

// Another engine runs the model and the control, is named in the evidence, and
// comes to the same figures; all it opened is closed.
func TestRunner(t *testing.T) {
	tg := target(model, table(t, 60), "0.1")
	want := run(t, tg, evasion.Options{Seed: 1, Steps: 5, MaxSamples: 30})
	b := &bench{}
	got := run(t, tg, evasion.Options{Seed: 1, Steps: 5, MaxSamples: 30, Engine: b.run, Flags: []string{"--engine", "bench"}})
	controls := 0
	for i, f := range got {
		at := slices.IndexFunc(f.Evidence, func(e quintain.Evidence) bool { return e.Summary == "a bench of version 7" })
		if f.Outcome == quintain.NotApplicable {
			continue
		}
		if at < 0 {
			t.Errorf("%s: no evidence names the engine", f.Check)
			continue
		}
		f.Evidence = slices.Delete(slices.Clone(f.Evidence), at, at+1)
		for j, e := range want[i].Evidence {
			if e.Repro != nil {
				want[i].Evidence[j].Repro = append(e.Repro, "--engine", "bench")
			}
		}
		if got, want := written(t, f), written(t, want[i]); got != want {
			t.Errorf("%s: %s, want %s", f.Check, got, want)
		}
		if f.Control != nil {
			controls++
		}
	}
	if b.asked == 0 || b.open != 0 || controls == 0 || b.opened < 1+controls {
		t.Errorf("asked %d times, %d of %d left open, %d controls; want some, none, and one for each control and the model", b.asked, b.open, b.opened, controls)
	}
}

func written(t *testing.T, f quintain.Finding) string {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An engine that does not agree with the net decides nothing, nor does one that
// cannot run it.
func TestRunnerUnfit(t *testing.T) {
	tg := target(model, table(t, 60), "0.1")
	b := &bench{unfit: fmt.Errorf("%w: off by a mile", ml.ErrSelfCheck)}
	no := func(*graph.Net) (evasion.Runner, error) { return nil, errors.New("off by a mile") }
	for _, engine := range []func(*graph.Net) (evasion.Runner, error){b.run, no} {
		for _, f := range run(t, tg, evasion.Options{Seed: 1, Engine: engine}) {
			if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "off by a mile") {
				t.Errorf("%s: %s %q, want inconclusive because of the engine", f.Check, f.Outcome, f.Summary)
			}
		}
	}
	if b.open != 0 {
		t.Errorf("%d models left open", b.open)
	}
}
