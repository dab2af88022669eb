package evasion_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/record"
)

// However early an interrupt comes, every check has a finding, none of them a
// pass, and the rows that were attacked until then have their interval.
func TestInterrupted(t *testing.T) {
	tg := target(model, table(t, 200), "0.002")
	names := []string{"attack/evasion/apgd", "attack/evasion/pgd", "attack/evasion/universal"}
	for name, c := range map[string]struct {
		stops, steps int // of the clock, or of progress, before the interrupt
		trials       int // of the first finding; 0 for none
		says         string
	}{
		"in the first rows":  {stops: 1, trials: 64, says: "interrupted after 64 rows, on which accuracy is at most "},
		"in the third rows":  {stops: 3, trials: 192, says: "interrupted after 192 rows"},
		"before the control": {steps: 1, trials: 200, says: "interrupted after 200 rows"},
		"between attacks":    {steps: 5, trials: 200},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stops := 0
		rows := make(map[string]int)
		o := evasion.Options{
			Seed: 1, Steps: 10,
			Stop: func() bool {
				if stops++; stops == c.stops {
					cancel()
				}
				return false
			},
			Progress: func(done, _ int) {
				if done == c.steps {
					cancel()
				}
			},
			Sample: func(s evasion.Sample) error { rows[s.Attack]++; return nil },
		}
		e := evasion.New(o, all.Attacks...)
		var checks []*quintain.Check
		for _, check := range e.Checks() {
			for _, n := range names {
				if check.Name == n {
					checks = append(checks, check)
				}
			}
		}
		rec := record.NewMemory()
		if err := e.Run(ctx, tg, checks, rec); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Run = %v, want %v", name, err, context.Canceled)
		}
		fs := rec.Findings()
		if len(fs) != len(names) {
			t.Errorf("%s: %d findings of %d checks", name, len(fs), len(names))
		}
		for i, f := range fs {
			if err := f.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if i == 0 && c.says == "" {
				continue // it was through
			}
			if f.Outcome == quintain.Pass || !strings.Contains(f.Summary, "interrupted") {
				t.Errorf("%s: %s: %v %q, want no pass, and interrupted", name, f.Check, f.Outcome, f.Summary)
			}
			if i > 0 {
				continue
			}
			if !strings.Contains(f.Summary, c.says) || len(f.Evidence) == 0 || f.Evidence[0].Measure == nil || f.Evidence[0].Measure.Trials != c.trials || rows[f.Check] != c.trials {
				t.Errorf("%s: %q with %d rows handed out, want %q and an interval of %d", name, f.Summary, rows[f.Check], c.says, c.trials)
			}
		}
	}
}

// What fell before an interrupt fell.
func TestInterruptedFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := evasion.Options{Seed: 1, Steps: 10, Stop: func() bool { cancel(); return false }}
	e := evasion.New(o, all.Attacks...)
	rec := record.NewMemory()
	for _, c := range e.Checks() {
		if c.Name == "attack/evasion/apgd" {
			if err := e.Run(ctx, target(model, table(t, 200), "0.5"), []*quintain.Check{c}, rec); !errors.Is(err, context.Canceled) {
				t.Fatalf("Run = %v", err)
			}
		}
	}
	if f := rec.Findings()[0]; f.Outcome != quintain.Fail || !strings.Contains(f.Summary, "interrupted after 64 rows") {
		t.Errorf("%v %q, want fail after 64 rows", f.Outcome, f.Summary)
	}
}
