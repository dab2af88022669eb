package cli

import (
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/taxonomy"
)

// TestCatalog holds every check that the program was built with to what the
// rest of the program relies on.
func TestCatalog(t *testing.T) {
	cat := newCatalog()
	checks := cat.checks()
	if len(checks) < 30 {
		t.Fatalf("the catalog has %d checks, want those of all engines", len(checks))
	}
	seen := make(map[string]bool)
	for _, c := range checks {
		if seen[c.Name] {
			t.Errorf("%s: two checks have this name", c.Name)
		}
		seen[c.Name] = true
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if err := taxonomy.CheckTechniques(c.Techniques); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if len(strings.Fields(c.Doc)) < 40 {
			t.Errorf("%s: the manual page has %d words, which explain nothing", c.Name, len(strings.Fields(c.Doc)))
		}
	}
}

// TestUnknownTechnique proves that the catalog test can fail: a made-up id and
// one without its edition are refused.
func TestUnknownTechnique(t *testing.T) {
	for _, id := range []quintain.Technique{"AML.T9999", "LLM03", "LLM03:2024", "T1059"} {
		if err := taxonomy.CheckTechniques([]quintain.Technique{id}); err == nil {
			t.Errorf("CheckTechniques(%q) = nil, want an error", id)
		}
	}
}

// TestMitigations looks up the mitigations that rules name.
func TestMitigations(t *testing.T) {
	for _, r := range newCatalog().rules {
		for _, id := range r.Mitigations {
			e, ok := taxonomy.Lookup(id)
			if !ok || e.Kind != "mitigation" || e.Retired {
				t.Errorf("%s: %q is no mitigation of ATLAS", r.Name, id)
			}
		}
	}
}

// TestVerify holds rules to checks that exist, or to families that the
// architecture has an engine for; a misspelled check would leave its threats
// open for ever.
func TestVerify(t *testing.T) {
	cat := newCatalog()
	planned := []string{"attack/privacy/", "attack/poisoning/", "attack/extraction/", "defend/", "guard/", "sign/", "bom/", "probe/"}
	for _, r := range cat.rules {
		for _, v := range r.Verify {
			ok := false
			for _, c := range cat.checks() {
				ok = ok || c.Name == v || strings.HasSuffix(v, "/") && strings.HasPrefix(c.Name, v)
			}
			for _, p := range planned {
				ok = ok || strings.HasPrefix(v, p)
			}
			if !ok {
				t.Errorf("%s is settled by %q, which is no check and no planned family", r.Name, v)
			}
		}
	}
}

// TestScanTechniques looks the LLM risks of the scanner's checks up by name:
// the number of the supply chain has changed with every edition, and the wrong
// one exists too.
func TestScanTechniques(t *testing.T) {
	fitting := []string{"Supply Chain", "Data and Model Poisoning", "Unbounded Consumption", "Improper Output Handling", "Sensitive Information Disclosure", "Prompt Injection", "Hidden Context Exposure"}
	for _, f := range newCatalog().formats {
		for _, id := range f.Techniques {
			if e, ok := taxonomy.Lookup(string(id)); ok && e.Framework == taxonomy.OWASPLLM && !slices.Contains(fitting, e.Name) {
				t.Errorf("%s: %s is %s, which no file is", f.Name, id, e.Name)
			}
		}
	}
}
