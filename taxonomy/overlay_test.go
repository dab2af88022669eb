package taxonomy_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/taxonomy"
)

// overlay puts a release that is written by asFormat6 over the embedded one.
func overlay(t *testing.T, version string, entries []taxonomy.Entry) *taxonomy.Set {
	t.Helper()
	r, err := taxonomy.ParseATLAS(strings.NewReader(asFormat6(version, entries)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.WriteOverlay(&b); err != nil {
		t.Fatal(err)
	}
	set, err := taxonomy.WithOverlay(&b)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// newer is a release after the embedded one: a tactic and a technique are
// renamed, one technique is new and one is gone.
func newer() []taxonomy.Entry {
	var list []taxonomy.Entry
	for _, e := range present(taxonomy.Default()) {
		switch e.ID {
		case "AML.TA0001":
			e.Name = "AI Attack Adaptation"
		case "AML.T0072":
			e.Name = "Cyber Communication Channel"
			list = append(list, e)
			e = taxonomy.Entry{
				ID: "AML.T0129", Name: "Triggers in Multimodal Inputs", Kind: "technique",
				Tactics: []string{"AML.TA0001"}, Platforms: []string{"generative-ai"}, Maturity: "feasible",
			}
		case "AML.T0086":
			continue
		}
		list = append(list, e)
	}
	return list
}

// TestOverlay uses a newer release: what it says is known, and what it changed
// continues the history.
func TestOverlay(t *testing.T) {
	set := overlay(t, "2026.09", newer())
	if got, want := set.Label("AML.TA0001"), "ATLAS 2026.09 AML.TA0001 AI Attack Adaptation"; got != want {
		t.Errorf("Label = %q, want %q", got, want)
	}
	names := set.Names("AML.TA0001")
	if n := len(names); n < 2 || names[n-1] != (taxonomy.Name{Name: "AI Attack Adaptation", Since: "2026.09"}) || names[n-2].Name != "AI Attack Staging" {
		t.Errorf("Names = %v, want the former and the new one last", names)
	}
	if e, ok := set.Lookup("AML.T0129"); !ok || e.Edition != "2026.09" || e.URL != "https://atlas.mitre.org/techniques/AML.T0129" {
		t.Errorf("Lookup of a new entry = %+v, %v", e, ok)
	}
	if e, ok := set.Lookup("AML.T0086"); !ok || !e.Retired {
		t.Errorf("Lookup of an entry that is gone = %+v, %v, want it retired", e, ok)
	}
	if slices.ContainsFunc(set.Edges("AML.T0086"), taxonomy.Edge.Sound) {
		t.Error("an edge to an entry that is gone is sound")
	}
	m, err := set.Migrate("2026.07", "2026.09")
	if err != nil {
		t.Fatal(err)
	}
	want := &taxonomy.Migration{
		From: "2026.07", To: "2026.09",
		Retired: []taxonomy.Change{{ID: "AML.T0086", Kind: "technique", Was: taxonomy.Short("AML.T0086")}},
		Renamed: []taxonomy.Change{
			{ID: "AML.TA0001", Kind: "tactic", Was: "AI Attack Staging", Is: "AI Attack Adaptation"},
			{ID: "AML.T0072", Kind: "technique", Was: "Reverse Shell", Is: "Cyber Communication Channel"},
		},
		Added: []taxonomy.Change{{ID: "AML.T0129", Kind: "technique", Is: "Triggers in Multimodal Inputs"}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("Migrate (-want +got):\n%s", diff)
	}
	var kinds []string
	for _, i := range set.Lint("x", []byte("AML.T0072 Reverse Shell\nAML.T0086\nAML.T0129\nATLAS 2026.09 AML.T0129\nATLAS 2026.07 AML.T0129\n")) {
		kinds = append(kinds, i.Kind)
	}
	if want := []string{taxonomy.KindStaleName, taxonomy.KindRetired, taxonomy.KindEdition}; !slices.Equal(kinds, want) {
		t.Errorf("Lint finds %q, want %q", kinds, want)
	}
	if e, _ := taxonomy.Lookup("AML.TA0001"); e.Name != "AI Attack Staging" {
		t.Errorf("the embedded release was changed: %v", e)
	}
}

// TestOlderOverlay uses a release from before the embedded one: what came
// later is not known then.
func TestOlderOverlay(t *testing.T) {
	var old []taxonomy.Entry
	later := make(map[string]bool)
	m, err := taxonomy.Migrate("5.6.0", "2026.07")
	if err != nil {
		t.Fatal(err)
	}
	was := make(map[string]string)
	for _, c := range m.Added {
		later[c.ID] = true
	}
	for _, c := range m.Renamed {
		was[c.ID] = c.Was
	}
	for _, e := range present(taxonomy.Default()) {
		if later[e.ID] {
			continue
		}
		if was[e.ID] != "" {
			e.Name = was[e.ID]
		}
		e.Mitigations = slices.DeleteFunc(e.Mitigations, func(id string) bool { return later[id] })
		old = append(old, e)
	}
	for _, c := range m.Retired {
		old = append(old, taxonomy.Entry{ID: c.ID, Name: c.Was, Kind: c.Kind, Tactics: []string{"AML.TA0003"}, Maturity: "feasible"})
	}
	set := overlay(t, "2026.04", old)
	if e, ok := set.Lookup("AML.T0019"); !ok || e.Retired {
		t.Errorf("Lookup(AML.T0019) = %+v, %v, want it as it was", e, ok)
	}
	if _, ok := set.Lookup("AML.T0115"); ok {
		t.Error("AML.T0115 exists, want it not to exist yet")
	}
	issues := set.Lint("x", []byte("AML.T0020 Poison Training Data\nAML.T0019 Publish Poisoned Datasets\n"))
	if len(issues) > 0 {
		t.Errorf("Lint = %v, want nothing", issues)
	}
	if _, err := set.Migrate("5.0.0", "2026.07"); err == nil {
		t.Error("Migrate to a release after the overlay succeeded")
	}
}

// TestOverlayRefuses gives overlays that were not written by WriteOverlay.
func TestOverlayRefuses(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "overlay"},
		{"[]", "overlay"},
		{`{"version":"2026.09","entries":[]}`, `schema ""`},
		{`{"schema":"quintain-atlas/1","version":"2026.09","entries":[]}`, "no techniques"},
		{`{"schema":"quintain-atlas/1","version":"x","entries":[]}`, "not a version"},
		{`{"schema":"quintain-atlas/1","version":"2026.09","entries":[{"id":"LLM01:2025","name":"x","kind":"risk"}]}`, "not an identifier of ATLAS"},
		{`{"schema":"quintain-atlas/1","version":"2026.09","entries":[{"id":"AML.T0001","name":"x\u001b[2J","kind":"technique"}]}`, "no usable name"},
		{`{"schema":"quintain-atlas/1","version":"2026.09","entries":[{"id":"AML.T0001","name":"x","kind":"technique"},{"id":"AML.T0001","name":"y","kind":"technique"}]}`, "occurs twice"},
		{strings.Repeat(" ", 5<<20), "larger than"},
	} {
		_, err := taxonomy.WithOverlay(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("WithOverlay(%.100q) = %v, want an error with %q", c.file, err, c.want)
		}
	}
}

// TestOverlayBytes writes the same release twice and gets the same bytes.
func TestOverlayBytes(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		r, err := taxonomy.ParseATLAS(strings.NewReader(asFormat6("2026.09", newer())))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.WriteOverlay(w); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two overlays of one release differ")
	}
}
