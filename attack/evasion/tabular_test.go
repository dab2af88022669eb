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

// With a constraint file the attacks that keep to it apply, and the figures of
// others are labeled; without one they do not apply.
func TestConstraints(t *testing.T) {
	tg := target(model, table(t, 100), "0.2")
	for name, with := range map[string]string{"": "", "allowed.yaml": allowed} {
		if name != "" {
			tg.With["constraints"] = file(t, name, with)
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
				if f.Control == nil || !strings.Contains(says.String(), "keep to allowed.yaml; a median of ") {
					t.Errorf("%s: %v %q, control %v, says\n%s", short, f.Outcome, f.Summary, f.Control, says.String())
				}
			case name != "":
				if !strings.Contains(says.String(), "unconstrained: of the ") {
					t.Errorf("%s: nothing says that the figure is unconstrained:\n%s", short, says.String())
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
