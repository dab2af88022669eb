package taxonomy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/taxonomy"
)

// TestMigrate holds T3: what changed from 5.6.1 to 2026.07.
func TestMigrate(t *testing.T) {
	m, err := taxonomy.Migrate("5.6.1", "2026.07")
	if err != nil {
		t.Fatal(err)
	}
	want := &taxonomy.Migration{
		From: "5.6.1", To: "2026.07",
		Retired: []taxonomy.Change{
			{ID: "AML.T0019", Kind: "technique", Was: "Publish Poisoned Datasets", Successor: "AML.T0115.000"},
			{ID: "AML.T0058", Kind: "technique", Was: "Publish Poisoned Models", Successor: "AML.T0115.001"},
			{ID: "AML.T0104", Kind: "technique", Was: "Publish Poisoned AI Agent Tool", Successor: "AML.T0115.002"},
		},
		Renamed: []taxonomy.Change{
			{ID: "AML.T0020", Kind: "technique", Was: "Poison Training Data", Is: "Training Data Poisoning"},
			{ID: "AML.M0002", Kind: "mitigation", Was: "Passive AI Output Obfuscation", Is: "Predictive AI Output Obfuscation"},
			{ID: "AML.M0003", Kind: "mitigation", Was: "Model Hardening", Is: "Predictive AI Model Hardening"},
			{ID: "AML.M0004", Kind: "mitigation", Was: "Restrict Number of AI Model Queries", Is: "Limit AI Service Query Volume and Rate"},
			{ID: "AML.M0006", Kind: "mitigation", Was: "Use Ensemble Methods", Is: "Predictive AI Ensembles"},
			{ID: "AML.M0009", Kind: "mitigation", Was: "Use Multi-Modal Sensors", Is: "Predictive AI Multi-Sensor Fusion"},
			{ID: "AML.M0010", Kind: "mitigation", Was: "Input Restoration", Is: "Predictive AI Input Restoration"},
			{ID: "AML.M0015", Kind: "mitigation", Was: "Adversarial Input Detection", Is: "Predictive AI Adversarial Input Detection"},
		},
		Added: []taxonomy.Change{
			{ID: "AML.T0018.003", Kind: "subtechnique", Is: "Modify Prompt Construction Logic"},
			{ID: "AML.T0091.001", Kind: "subtechnique", Is: "Web Session Cookie"},
			{ID: "AML.T0110.000", Kind: "subtechnique", Is: "Definition and Instructions"},
			{ID: "AML.T0110.001", Kind: "subtechnique", Is: "Implementation"},
			{ID: "AML.T0110.002", Kind: "subtechnique", Is: "Runtime Response"},
			{ID: "AML.T0113", Kind: "technique", Is: "Steal Web Session Cookie"},
			{ID: "AML.T0114", Kind: "technique", Is: "AI Service Web Interface"},
			{ID: "AML.T0115", Kind: "technique", Is: "Publish Poisoned AI Artifacts"},
			{ID: "AML.T0115.000", Kind: "subtechnique", Is: "Datasets"},
			{ID: "AML.T0115.001", Kind: "subtechnique", Is: "Models"},
			{ID: "AML.T0115.002", Kind: "subtechnique", Is: "AI Agent Tools"},
			{ID: "AML.M0035", Kind: "mitigation", Is: "AI Red Team"},
			{ID: "AML.M0036", Kind: "mitigation", Is: "Limit AI Workload Resource Consumption"},
		},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("Migrate (-want +got):\n%s", diff)
	}
}

// TestMigrateSteps adds up: what two steps change is what one step changes.
func TestMigrateSteps(t *testing.T) {
	same, err := taxonomy.Migrate("2026.04", "5.6.1")
	if err != nil || len(same.Retired)+len(same.Renamed)+len(same.Added) > 0 {
		t.Errorf("Migrate(2026.04, 5.6.1) = %+v, %v; want nothing, it is the same content", same, err)
	}
	names := make(map[string]string)
	for _, step := range [][2]string{{"4.4.0", "4.9.0"}, {"4.9.0", "2025.11"}, {"5.1.0", "2026.07"}} {
		m, err := taxonomy.Migrate(step[0], step[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range m.Retired {
			delete(names, c.ID)
		}
		for _, c := range append(m.Renamed, m.Added...) {
			names[c.ID] = c.Is
		}
	}
	m, err := taxonomy.Migrate("4.4.0", "2026.07")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, c := range append(m.Renamed, m.Added...) {
		got[c.ID] = c.Is
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("one step and three differ (-three +one):\n%s", diff)
	}
}

// TestMigrateRefuses asks for what is not known.
func TestMigrateRefuses(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"5.6.1", "2026.09", `release "2026.09"`},
		{"9.9", "2026.07", `release "9.9"`},
		{"", "2026.07", `release ""`},
		{"2026.07", "5.6.1", "backwards"},
	} {
		_, err := taxonomy.Migrate(c.from, c.to)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Migrate(%q, %q) = %v, want an error with %q", c.from, c.to, err, c.want)
		}
	}
}
