package taxonomy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/taxonomy"
)

// TestNaming says how entries are named to people.
func TestNaming(t *testing.T) {
	for _, c := range []struct{ id, label, short string }{
		{"AML.T0051.001", "ATLAS 2026.07 AML.T0051.001 Indirect", "LLM Prompt Injection: Indirect"},
		{"AML.T0051", "ATLAS 2026.07 AML.T0051 LLM Prompt Injection", "LLM Prompt Injection"},
		{"AML.T0019", "ATLAS 2026.07 AML.T0019 Publish Poisoned Datasets (retired)", "Publish Poisoned Datasets"},
		{"LLM01:2025", "OWASP LLM01:2025 Prompt Injection", "Prompt Injection"},
		{"NISTAML.018", "NIST AI 100-2 E2025 NISTAML.018 Prompt Injection", "Prompt Injection"},
		{"MEASURE 2.7", "NIST AI RMF 1.0 MEASURE 2.7", "MEASURE 2.7"},
		{"CWE-1427", "CWE-1427 Improper Neutralization of Input Used for LLM Prompting", "Improper Neutralization of Input Used for LLM Prompting"},
		{"LLM03", "LLM03", "LLM03"},
	} {
		if got := taxonomy.Label(c.id); got != c.label {
			t.Errorf("Label(%q) = %q, want %q", c.id, got, c.label)
		}
		if got := taxonomy.Short(c.id); got != c.short {
			t.Errorf("Short(%q) = %q, want %q", c.id, got, c.short)
		}
	}
}

// TestCheckTechniques names what could have been meant.
func TestCheckTechniques(t *testing.T) {
	if err := taxonomy.CheckTechniques([]quintain.Technique{"AML.T0051.001", "LLM01:2026", "NISTAML.022", "CWE-502"}); err != nil {
		t.Errorf("CheckTechniques of what exists = %v", err)
	}
	for id, want := range map[quintain.Technique]string{
		"AML.T0019":  `retired, use "AML.T0115.000 Publish Poisoned AI Artifacts: Datasets"`,
		"AML.T9999":  "unknown",
		"T0051":      "perhaps AML.T0051 LLM Prompt Injection",
		"LLM03:2024": "LLM03:2025 Supply Chain",
		"jailbreak":  "unknown",
		"":           "unknown",
	} {
		err := taxonomy.CheckTechniques([]quintain.Technique{"AML.T0051", id})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckTechniques(%q) = %v, want an error with %q", id, err, want)
		}
	}
}

// TestCandidates resolves references that are not identifiers.
func TestCandidates(t *testing.T) {
	for ref, want := range map[string][]string{
		"LLM03":                      {"LLM03:2023", "LLM03:2025", "LLM03:2026"},
		"LLM03 (2025)":               {"LLM03:2025"},
		"ml5":                        {"ML05:2023"},
		"t0051.001":                  {"AML.T0051.001"},
		"AML.T0019":                  {"AML.T0115.000"},
		"AML.T0051.009":              {"AML.T0051", "AML.T0051.000", "AML.T0051.001", "AML.T0051.002"},
		"ML supply chain compromise": {"AML.T0010"},
		"no such thing":              nil,
	} {
		var got []string
		for _, e := range taxonomy.Default().Candidates(ref) {
			got = append(got, e.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Candidates(%q) = %q, want %q", ref, got, want)
		}
	}
}

// TestCoverage sorts techniques into the cells of the matrix, also those that
// reach a tactic only over an edge.
func TestCoverage(t *testing.T) {
	got := taxonomy.Coverage([]quintain.Technique{"AML.T0051", "CWE-1427", "AML.T0051", "MEASURE 2.7", "nonsense"})
	want := map[string][]string{"AML.TA0005": {"AML.T0051", "CWE-1427"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Coverage (-want +got):\n%s", diff)
	}
	var order []string
	for _, e := range taxonomy.Tactics() {
		order = append(order, e.ID)
	}
	if len(order) != 16 || order[0] != "AML.TA0002" || order[15] != "AML.TA0011" {
		t.Errorf("the tactics are %q, want those of the matrix in its order", order)
	}
	if got := taxonomy.TacticsOf("AML.T0018"); !slices.Equal(got, []string{"AML.TA0006", "AML.TA0001"}) {
		t.Errorf("TacticsOf(AML.T0018) = %q, want its two in the order of the matrix", got)
	}
}

// TestReadOnly changes what a Set returns and looks again.
func TestReadOnly(t *testing.T) {
	e, _ := taxonomy.Lookup("AML.T0051")
	e.Tactics[0], e.Mitigations[0] = "x", "y"
	taxonomy.Default().AllEdges()[0].To = "x"
	taxonomy.Sources()[0].Name = "x"
	if again, _ := taxonomy.Lookup("AML.T0051"); again.Tactics[0] == "x" || again.Mitigations[0] == "y" {
		t.Error("an entry was changed from outside")
	}
	if taxonomy.Default().AllEdges()[0].To == "x" || taxonomy.Sources()[0].Name == "x" {
		t.Error("an edge or a source was changed from outside")
	}
}

// TestEditions keeps editions apart.
func TestEditions(t *testing.T) {
	if n := len(taxonomy.Entries("OWASP LLM")); n != 30 {
		t.Errorf("Entries(OWASP LLM) has %d, want 30", n)
	}
	for _, e := range taxonomy.Entries("OWASP LLM 2025") {
		if e.Edition != "2025" || !strings.HasSuffix(e.ID, ":2025") {
			t.Errorf("Entries(OWASP LLM 2025) has %s of %s", e.ID, e.Edition)
		}
	}
	for _, f := range taxonomy.Frameworks() {
		if f.Name == taxonomy.OWASPLLM && !slices.Equal(f.Editions, []string{"2023", "2025", "2026"}) {
			t.Errorf("editions of %s = %q", f.Name, f.Editions)
		}
	}
}
