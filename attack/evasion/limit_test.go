package evasion_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/record"
)

// bytesOf runs the named checks and returns all that was found, as JSON.
func bytesOf(t *testing.T, o evasion.Options, tg quintain.Target, names ...string) string {
	t.Helper()
	e := evasion.New(o, all.Attacks...)
	var checks []*quintain.Check
	for _, c := range e.Checks() {
		for _, n := range names {
			if c.Name == n {
				checks = append(checks, c)
			}
		}
	}
	rec := record.NewMemory()
	if err := e.Run(t.Context(), tg, checks, rec); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{rec.Findings(), rec.Components()})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const headline = "attack/evasion/standard"

// Neither the number of goroutines nor the size of batches changes a byte.
func TestJobsAndBatches(t *testing.T) {
	tg := target(model, table(t, 60), "0.05")
	tg.With["smooth"] = "0.1"
	base := evasion.Options{Seed: 1, Steps: 10, Queries: 60, MaxSamples: 40}
	want := bytesOf(t, base, tg, headline, "attack/evasion/hopskipjump")
	for _, v := range [][2]int{{1, 0}, {2, 0}, {1, 1}, {2, 64}} {
		o := base
		o.Jobs, o.Batch = v[0], v[1]
		if got := bytesOf(t, o, tg, headline, "attack/evasion/hopskipjump"); got != want {
			t.Errorf("%d jobs, batches of %d: the bytes differ", o.Jobs, o.Batch)
		}
	}
}

// An attack that has spent its budget reports on the rows it got to, and says
// so. A limit that is not reached changes no figure.
func TestBudget(t *testing.T) {
	tg := target(model, table(t, 200), "0.05")
	o := evasion.Options{Seed: 1, Steps: 10, Queries: 60, Budget: 1}
	got := bytesOf(t, o, tg, headline)
	if !strings.Contains(got, "the budget of 1 questions to the model was spent after 64 of 200 rows") || !strings.Contains(got, `"trials":64`) {
		t.Errorf("with a budget of one question: %.300s, want figures of 64 rows", got)
	}
	asked := 0
	o.Budget, o.Stop = 0, func() bool { asked++; return asked > 1 }
	if got := bytesOf(t, o, tg, headline); !strings.Contains(got, "the time was up after 128 of 200 rows") {
		t.Errorf("with a clock that stops: %.300s, want 128 rows", got)
	}
	o.Stop = nil
	free := bytesOf(t, o, tg, "attack/evasion/apgd")
	o.Stop = func() bool { return false }
	if got := bytesOf(t, o, tg, "attack/evasion/apgd"); got != free {
		t.Error("a limit that is not reached changes what is found")
	}
}

// What became of every row adds up to the figures of the finding.
func TestSamples(t *testing.T) {
	tg := target(model, table(t, 120), "0.05")
	var rows []evasion.Sample
	o := evasion.Options{Seed: 1, Steps: 20, Queries: 60, Sample: func(s evasion.Sample) error { rows = append(rows, s); return nil }}
	e := evasion.New(o, all.Attacks...)
	rec := record.NewMemory()
	for _, c := range e.Checks() {
		if c.Name == headline {
			if err := e.Run(t.Context(), tg, []*quintain.Check{c}, rec); err != nil {
				t.Fatal(err)
			}
		}
	}
	stood := 0
	for _, s := range rows {
		if s.Success == (s.Predicted == s.Label) {
			t.Errorf("row %d: success %v, label %d, predicted %d", s.Row, s.Success, s.Label, s.Predicted)
		}
		if s.Success != (s.Part != "") || s.Success && !(s.Distance <= 0.05*1.001) || s.Success && s.Certified {
			t.Errorf("row %d: %+v does not add up", s.Row, s)
		}
		if !s.Success {
			stood++
		}
	}
	if m := rec.Findings()[0].Evidence[0].Measure; len(rows) != 120 || stood == 0 || stood == 120 || m.Value != float64(stood)/120 {
		t.Errorf("%d rows, %d stand, the finding says %v", len(rows), stood, m.Value)
	}
}

// An attacker who wants one class of the rows of another one turns no more rows
// than one who takes any.
func TestTargeted(t *testing.T) {
	fell := func(with map[string]string) (turned, of int) {
		tg := target(model, table(t, 150), "0.1")
		maps.Copy(tg.With, with)
		e := evasion.New(evasion.Options{Seed: 1, Steps: 20, Sample: func(s evasion.Sample) error {
			of++
			if s.Success {
				turned++
			}
			if to := with["to"]; to != "" && s.Success != (s.Predicted == 2) {
				t.Errorf("row %d: success %v, predicted %d, wanted %s", s.Row, s.Success, s.Predicted, to)
			}
			if with["from"] != "" && s.Label != 0 {
				t.Errorf("row %d is of class %d", s.Row, s.Label)
			}
			return nil
		}}, all.Attacks...)
		for _, c := range e.Checks() {
			if c.Name == "attack/evasion/apgd" {
				if err := e.Run(t.Context(), tg, []*quintain.Check{c}, record.NewMemory()); err != nil {
					t.Fatal(err)
				}
			}
		}
		return turned, of
	}
	any, of := fell(map[string]string{"from": "0"})
	one, same := fell(map[string]string{"from": "0", "to": "2"})
	if of != same || of < 20 || one >= any || one == 0 {
		t.Errorf("%d of %d rows fall, %d of %d become class 2; want fewer but some", any, of, one, same)
	}
}

// The gate on the lower end fails what the interval leaves open.
func TestGate(t *testing.T) {
	tg := target(model, table(t, 60), "0.02")
	tg.With["robust"] = "0.55"
	outcome := func() quintain.Finding {
		e := evasion.New(evasion.Options{Seed: 1}, all.Attacks...)
		rec := record.NewMemory()
		for _, c := range e.Checks() {
			if c.Name == "attack/evasion/pgd" {
				if err := e.Run(t.Context(), tg, []*quintain.Check{c}, rec); err != nil {
					t.Fatal(err)
				}
			}
		}
		return rec.Findings()[0]
	}
	if f := outcome(); f.Outcome != quintain.Inconclusive {
		t.Fatalf("without the gate: %v %q, want inconclusive", f.Outcome, f.Summary)
	}
	tg.With["gate"] = "lower"
	if f := outcome(); f.Outcome != quintain.Fail || !strings.Contains(f.Summary, "may be as low as") {
		t.Errorf("with the gate: %v %q, want fail", f.Outcome, f.Summary)
	}
	if got := strings.Join(outcome().Evidence[0].Repro, " "); !strings.Contains(got, "--fail-under robust@0.02=0.55 --seed 1") || strings.Contains(got, "--robust") {
		t.Errorf("the command that repeats it is %q", got)
	}
}
