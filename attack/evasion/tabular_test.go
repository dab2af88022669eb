package evasion_test

import (
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/record"
)

const allowed = `
features:
  - name: f0
  - name: f1
    change: up
  - name: f2
    type: real
    cost: 3
  - name: f3
`

// With a constraint file the attacks that keep to it apply and others do not,
// or have their figures labeled if somebody insists; without one it is the
// other way around.
func TestConstraints(t *testing.T) {
	data := table(t, 100)
	for _, given := range []struct {
		name string
		free bool
	}{{"", false}, {"allowed.yaml", false}, {"allowed.yaml", true}} {
		tg, name := target(model, data, "0.2"), given.name
		if name != "" {
			tg.With["constraints"] = file(t, name, allowed)
		}
		if given.free {
			tg.With["unconstrained"] = "yes"
		}
		e := evasion.New(evasion.Options{Seed: 1}, all.Attacks...)
		for _, c := range e.Checks() {
			short := strings.TrimPrefix(c.Name, "attack/evasion/")
			if short != "beam" && short != "capgd" && short != "fgsm" {
				continue
			}
			rec := record.NewMemory()
			if err := e.Run(t.Context(), tg, []*quintain.Check{c}, rec); err != nil {
				t.Fatal(err)
			}
			f := rec.Findings()[0]
			var says strings.Builder
			for _, ev := range f.Evidence {
				says.WriteString(ev.Summary + "\n")
			}
			switch ruled := short != "fgsm"; {
			case name == "" && ruled:
				if f.Outcome != quintain.NotApplicable {
					t.Errorf("%s without a file: %v %q, want not applicable", short, f.Outcome, f.Summary)
				}
			case name != "" && ruled:
				for _, want := range []string{"keep to allowed.yaml (100.0% valid); a median of ", "evasion; made for real, they are recourse", " go from class 0 to "} {
					if f.Control == nil || !strings.Contains(says.String(), want) {
						t.Errorf("%s: %v %q, control %v, says\n%s\nwant %q", short, f.Outcome, f.Summary, f.Control, says.String(), want)
					}
				}
			case name != "" && !given.free:
				if f.Outcome != quintain.NotApplicable || !strings.Contains(f.Summary, "--unconstrained") || len(f.Evidence) > 0 {
					t.Errorf("%s: %v %q, want the figure refused", short, f.Outcome, f.Summary)
				}
			case len(f.Evidence) == 0:
				t.Errorf("%s: %v %q", short, f.Outcome, f.Summary)
			case name != "":
				if repro := strings.Join(f.Evidence[0].Repro, " "); !strings.Contains(says.String(), "unconstrained: of the ") || !strings.Contains(repro, "--unconstrained") {
					t.Errorf("%s: nothing says that the figure is unconstrained, nor does %q:\n%s", short, repro, says.String())
				}
			}
		}
	}
}

// A constraint file that is wrong is an error with its line.
func TestConstraintErrors(t *testing.T) {
	tg := target(model, table(t, 30), "0.2")
	tg.With["constraints"] = file(t, "bad.yaml", "features:\n  - name: f99\n")
	e := evasion.New(evasion.Options{}, all.Attacks...)
	err := e.Run(t.Context(), tg, e.Checks(), record.NewMemory())
	if err == nil || !strings.Contains(err.Error(), `bad.yaml:2:11: the data has no column "f99"`) {
		t.Errorf("Run = %v, want an error with line and column", err)
	}
}
