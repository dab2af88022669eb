// Package threattest proves a threat rule on small systems.
//
// A case is a txtar file in the rule's testdata: a comment that says what the
// case is about, the file system.yaml, and the file want with the threats the
// rule derives, one per line with the path and the reason below it. An empty
// want says that the rule stays silent.
package threattest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"quintain"
	"quintain/taxonomy"
	"quintain/threat"
)

var update = flag.Bool("update", false, "write the threats that the rule derives into the cases")

// Run proves r on the cases in testdata, of which at least one must fire and
// at least one stay silent. It refuses a rule that is not valid, whose name is
// not its folder, or whose techniques or mitigations do not exist.
func Run(t *testing.T, r *threat.Rule) {
	t.Helper()
	validate(t, r)
	names, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	fired, silent := false, false
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			if run(t, r, name) {
				fired = true
			} else {
				silent = true
			}
		})
	}
	if !fired || !silent {
		t.Errorf("%s: %d cases; want one that fires and one that stays silent", r.Name, len(names))
	}
}

func validate(t *testing.T, r *threat.Rule) {
	t.Helper()
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	if err := taxonomy.CheckTechniques(r.Techniques); err != nil {
		t.Error(err)
	}
	for _, id := range r.Mitigations {
		if e, ok := taxonomy.Lookup(id); !ok || e.Kind != "mitigation" || e.Retired {
			t.Errorf("mitigation %s is none that ATLAS has", id)
		}
	}
	if !slices.Equal(r.Accepts, []quintain.Kind{quintain.KindSystem}) {
		t.Errorf("accepts %v, want a system", r.Accepts)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if dir = filepath.ToSlash(dir); !strings.HasSuffix(dir, "/"+r.Name) {
		t.Errorf("rule %q is in folder %s", r.Name, dir)
	}
}

// run runs one case and reports whether the rule fired.
func run(t *testing.T, r *threat.Rule, name string) bool {
	t.Helper()
	ar, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.TrimSpace(ar.Comment)) == 0 {
		t.Error("the case does not say what it is about")
	}
	var system, want *txtar.File
	for i := range ar.Files {
		switch f := &ar.Files[i]; f.Name {
		case "system.yaml":
			system = f
		case "want":
			want = f
		default:
			t.Errorf("unknown file %s", f.Name)
		}
	}
	if system == nil || want == nil {
		t.Fatal("the case lacks system.yaml or want")
	}
	m, err := threat.Parse("system.yaml", system.Data)
	if err != nil {
		t.Fatal(err)
	}
	threats := m.Threats([]*threat.Rule{r})
	got := format(threats)
	if *update && got != string(want.Data) {
		want.Data = []byte(got)
		if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(want.Data) {
		t.Errorf("derived\n%swant\n%s", got, want.Data)
	}
	return len(threats) > 0
}

func format(threats []threat.Threat) string {
	var b strings.Builder
	for i := range threats {
		t := &threats[i]
		var elements []string
		for _, e := range t.Elements {
			elements = append(elements, e.ID)
		}
		fmt.Fprintf(&b, "%s %s %s\n", t.ID, t.Severity, strings.Join(elements, " "))
		if len(t.Path) > 0 {
			fmt.Fprintf(&b, "\tpath: %s\n", strings.Join(t.Path, " → "))
		}
		fmt.Fprintf(&b, "\twhy: %s\n", t.Why)
		if t.Unreachable != "" {
			fmt.Fprintf(&b, "\tunreachable: %s\n", t.Unreachable)
		}
	}
	return b.String()
}
