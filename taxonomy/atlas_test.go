package taxonomy_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"quintain/taxonomy"
)

func parseFile(t *testing.T, name string) *taxonomy.Release {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	r, err := taxonomy.ParseATLAS(f)
	if err != nil {
		t.Fatalf("ParseATLAS(%s): %v", name, err)
	}
	return r
}

// withoutPlatforms takes out the one thing that only format 6 states.
func withoutPlatforms(entries []taxonomy.Entry) []taxonomy.Entry {
	var list []taxonomy.Entry
	for _, e := range entries {
		e.Platforms = nil
		list = append(list, e)
	}
	return list
}

// TestFormats parses the same content in both formats to the same release.
func TestFormats(t *testing.T) {
	both := []string{"AML.TA0004", "AML.TA0005"}
	want := []taxonomy.Entry{
		{ID: "AML.TA0004", Name: "Initial Access", Kind: "tactic"},
		{ID: "AML.TA0005", Name: "Execution", Kind: "tactic"},
		{
			ID: "AML.T0012", Name: "Valid Accounts", Kind: "technique", Tactics: both[:1],
			Platforms: []string{"enterprise"}, Maturity: "realized",
		},
		{
			ID: "AML.T0051", Name: "LLM Prompt Injection", Kind: "technique", Tactics: both,
			Platforms: []string{"generative-ai", "agentic-ai"}, Maturity: "demonstrated", Mitigations: []string{"AML.M0015", "AML.M0020"},
		},
		{
			ID: "AML.T0051.000", Name: "Direct", Kind: "subtechnique", Tactics: both, Parent: "AML.T0051",
			Platforms: []string{"generative-ai", "agentic-ai"}, Maturity: "realized",
		},
		{
			ID: "AML.T0051.001", Name: "Indirect", Kind: "subtechnique", Tactics: both, Parent: "AML.T0051",
			Platforms: []string{"generative-ai", "agentic-ai"}, Maturity: "realized", Mitigations: []string{"AML.M0020"},
		},
		{ID: "AML.M0015", Name: "Adversarial Input Detection", Kind: "mitigation"},
		{ID: "AML.M0020", Name: "Generative AI Guardrails", Kind: "mitigation"},
	}
	six := parseFile(t, "testdata/atlas6.yaml")
	if diff := cmp.Diff(want, six.Entries); diff != "" {
		t.Errorf("format 6 (-want +got):\n%s", diff)
	}
	if six.Version != "2026.04" {
		t.Errorf("version of the format 6 file = %q, want 2026.04", six.Version)
	}
	five := parseFile(t, "testdata/atlas5.yaml")
	if diff := cmp.Diff(withoutPlatforms(want), five.Entries); diff != "" {
		t.Errorf("format 5 (-want +got):\n%s", diff)
	}
	if five.Version != "5.6.0" {
		t.Errorf("version of the format 5 file = %q, want 5.6.0", five.Version)
	}
	const summary = "ATLAS 2026.04: 2 tactics, 2 techniques, 2 sub-techniques, 2 mitigations"
	if got := six.Summary(); got != summary {
		t.Errorf("Summary() = %q, want %q", got, summary)
	}
}

// present returns the embedded entries of ATLAS as a release states them.
func present(s *taxonomy.Set) []taxonomy.Entry {
	var list []taxonomy.Entry
	for _, e := range s.Entries(taxonomy.ATLAS) {
		if !e.Retired {
			e.Framework, e.Edition, e.URL = "", "", ""
			list = append(list, e)
		}
	}
	return list
}

// asFormat6 writes entries as format 6 does.
func asFormat6(version string, entries []taxonomy.Entry) string {
	title := map[string]string{
		"predictive-ai": "Predictive AI", "generative-ai": "Generative AI", "agentic-ai": "Agentic AI", "enterprise": "Enterprise",
		"feasible": "Feasible", "demonstrated": "Demonstrated", "realized": "Realized",
	}
	var b, relations strings.Builder
	fmt.Fprintf(&b, "format-version: 6.0.0\ncollection:\n  version: '%s'\n", version)
	section := ""
	for _, e := range bySection(entries) {
		if s := strings.TrimPrefix(e.Kind, "sub"); s != section {
			section = s
			fmt.Fprintf(&b, "%ss:\n", s)
		}
		fmt.Fprintf(&b, "  %s:\n    id: %[1]s\n    name: %q\n    description: Some text that is not kept\n", e.ID, e.Name)
		if e.Maturity != "" {
			fmt.Fprintf(&b, "    maturity: %s\n    platforms:\n", title[e.Maturity])
			for _, p := range e.Platforms {
				fmt.Fprintf(&b, "    - %s\n", title[p])
			}
		}
		fmt.Fprintf(&relations, "  %s:\n    achieves:\n", e.ID)
		for _, id := range e.Tactics {
			fmt.Fprintf(&relations, "    - source: %s\n      target: %s\n", e.ID, id)
		}
		if e.Parent != "" {
			fmt.Fprintf(&relations, "    specializes:\n    - source: %s\n      target: %s\n", e.ID, e.Parent)
		}
		if e.Kind == "mitigation" {
			fmt.Fprint(&relations, "    mitigates:\n")
			for _, of := range entries {
				for _, id := range of.Mitigations {
					if id == e.ID {
						fmt.Fprintf(&relations, "    - source: %s\n      target: %s\n", e.ID, of.ID)
					}
				}
			}
		}
	}
	return b.String() + "relationships:\n" + relations.String()
}

// bySection puts tactics first and mitigations last.
func bySection(entries []taxonomy.Entry) []taxonomy.Entry {
	order := []string{"tactic", "technique", "mitigation"}
	return slices.SortedStableFunc(slices.Values(entries), func(a, b taxonomy.Entry) int {
		return slices.Index(order, strings.TrimPrefix(a.Kind, "sub")) - slices.Index(order, strings.TrimPrefix(b.Kind, "sub"))
	})
}

// asFormat5 writes entries as format 5 does.
func asFormat5(version string, entries []taxonomy.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\nid: ATLAS\nversion: %s\nmatrices:\n- id: ATLAS\n", version)
	for _, section := range []string{"tactic", "technique", "mitigation"} {
		fmt.Fprintf(&b, "  %ss:\n", section)
		for _, e := range entries {
			if strings.TrimPrefix(e.Kind, "sub") != section {
				continue
			}
			fmt.Fprintf(&b, "  - id: %s\n    name: %q\n", e.ID, e.Name)
			if e.Maturity != "" {
				fmt.Fprintf(&b, "    maturity: %s\n", e.Maturity)
			}
			switch {
			case e.Parent != "":
				fmt.Fprintf(&b, "    subtechnique-of: %s\n", e.Parent)
			case section == "technique":
				fmt.Fprintf(&b, "    tactics:\n    - %s\n", strings.Join(e.Tactics, "\n    - "))
			case section == "mitigation":
				fmt.Fprint(&b, "    techniques:\n")
				for _, of := range entries {
					for _, id := range of.Mitigations {
						if id == e.ID {
							fmt.Fprintf(&b, "    - id: %s\n      use: Some.\n", of.ID)
						}
					}
				}
			}
		}
	}
	return b.String()
}

// TestFullRelease writes the whole embedded release in both formats and gets
// it back from either.
func TestFullRelease(t *testing.T) {
	want := present(taxonomy.Default())
	six, err := taxonomy.ParseATLAS(strings.NewReader(asFormat6("2026.07", want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, six.Entries); diff != "" {
		t.Errorf("format 6 (-want +got):\n%s", diff)
	}
	five, err := taxonomy.ParseATLAS(strings.NewReader(asFormat5("5.6.1", want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutPlatforms(want), five.Entries); diff != "" {
		t.Errorf("format 5 (-want +got):\n%s", diff)
	}
}

// TestParseRefuses gives files that are refused, with the line where there is
// one to name.
func TestParseRefuses(t *testing.T) {
	head := "format-version: 6.0.0\ncollection:\n  version: '2026.08'\n"
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "empty"},
		{"not YAML", "a: [b", "line 1"},
		{"another file", "a: b\n", "not a file of ATLAS"},
		{"a pointer to the file", "v6/ATLAS-2026.09.yaml\n", "line 1: a String where a mapping should be"},
		{"format 7", "format-version: 7.0.0\n", `line 1: format "7.0.0"`},
		{"no version", "format-version: 6.0.0\ntechniques: {}\n", "version"},
		{"odd version", "format-version: 6.0.0\ncollection: {version: ../x}\n", `"../x" is not a version`},
		{"no techniques", head + "techniques: {}\n", "no techniques"},
		{"no id", head + "techniques:\n  hello:\n    name: x\n", `line 6: "hello" is not an identifier`},
		{"two ids", head + "techniques:\n  AML.T0001:\n    id: AML.T0002\n    name: x\n", "line 6: \"AML.T0002\" is filed under"},
		{"no name", head + "techniques:\n  AML.T0001:\n    id: AML.T0001\n", "AML.T0001 has no usable name"},
		{"escape in a name", head + "techniques:\n  AML.T0001:\n    name: \"a\\e[31m\"\n", "no usable name"},
		{"a list", head + "techniques:\n- AML.T0001\n", "line 5: a Sequence where a mapping should be"},
		{"a mapping", head + "techniques:\n  AML.T0001:\n    name:\n      x: y\n", "line 7: a Mapping"},
		{"tactic as technique", head + "techniques:\n  AML.TA0001:\n    name: x\n", `AML.TA0001 is said to be a "technique"`},
		{"no parent", head + "techniques:\n  AML.T0001.000:\n    name: x\n", "no parent AML.T0001"},
		{"key twice", head + "techniques:\n  AML.T0001:\n    name: x\n  AML.T0001:\n    name: x\n", "line 7"},
		{"id twice", "version: 5.6.0\nmatrices:\n- techniques:\n  - {id: AML.T0001, name: x}\n  - {id: AML.T0001, name: y}\n", "line 5: AML.T0001 occurs twice"},
		{"wrong parent", "version: 5.6.0\nmatrices:\n- techniques:\n  - {id: AML.T0001, name: x}\n  - {id: AML.T0002.000, name: y, subtechnique-of: AML.T0001}\n", "line 5: AML.T0002.000 is said to belong"},
		{"wrong parent in 6", head + "techniques:\n  AML.T0001:\n    name: x\n  AML.T0001.000:\n    name: x\nrelationships:\n  AML.T0001.000:\n    specializes:\n    - source: AML.T0001.000\n      target: AML.T0002\n", "line 12"},
		{"alias of nothing", head + "techniques: *x\n", "line 4: alias \"x\" of nothing"},
		{"two documents", head + "---\n" + head, "2 YAML documents"},
		{"too large", strings.Repeat("#\n", 3<<20), "larger than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := taxonomy.ParseATLAS(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("ParseATLAS(%.80q) = %v, want an error with %q", c.file, err, c.want)
			}
		})
	}
}

// TestParseBounded gives files whose only purpose is to take time or memory.
func TestParseBounded(t *testing.T) {
	aliases := "a0: &a0 [x, x]\n"
	for i := range 40 {
		aliases += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	wide := "z: &z\n  k: &l [" + strings.Repeat("{source: x, target: y}, ", 500) + "]\n" +
		"y: &y {" + manyf(1000, "k%d: *l, ") + "}\nrelationships:\n" + manyf(1500, "  r%d: *y\n")
	for _, c := range []struct{ name, file, want string }{
		{"aliases of aliases", "format-version: 6.0.0\ncollection: {version: '2026.08'}\n" + aliases + "techniques: *a40\n", "a Sequence where a mapping"},
		{"aliases of mappings", "format-version: 6.0.0\ncollection: {version: '2026.08'}\n" + wide, "more than 500000 nodes"},
		{"alias of itself", "format-version: 6.0.0\ncollection: {version: '2026.08'}\nrelationships: &r {a: *r}\n", ""},
		{"merge keys", "x: &x {a: b}\n<<: *x\nformat-version: 6.0.0\n", ""},
		{"brackets", strings.Repeat("[", 100_000), "nested more than 64 deep"},
		{"brackets on lines", strings.Repeat("[\n", 100_000), "nested more than 64 deep"},
		{"dashes", strings.Repeat("- ", 100_000), "nested more than 64 deep"},
		{"questions", strings.Repeat("? ", 100_000), "nested more than 64 deep"},
		{"indentation", indented(300), "begins in column 257"},
		{"keys", manyf(100_000, "k%d: v\n"), "more than 2000 siblings"},
		{"flow keys", "a: {" + manyf(20_000, "k%d: v, ") + "}", "more than 2000 siblings"},
		{"empty items", manyf(300, "m%d:\n"+strings.Repeat(" -\n", 100)), "more than 1000 entries without a value"},
		{"tags", strings.Repeat("!a\n", 100_000), "more than"},
		{"tokens", manyf(1900, "m%d:\n"+strings.Repeat("- k: v\n", 100)), "more than 400000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := taxonomy.ParseATLAS(strings.NewReader(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("ParseATLAS = %v, want an error with %q", err, c.want)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("the error has %d bytes, want a line", len(err.Error()))
			}
		})
	}
}

// indented returns n mappings, each inside the one before.
func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// manyf formats n times, with the number of the time.
func manyf(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestDangling leaves links out that lead nowhere, and says so.
func TestDangling(t *testing.T) {
	const file = `version: 5.6.0
matrices:
- techniques:
  - id: AML.T0001
    name: x
    tactics: [AML.TA0099]
  mitigations:
  - id: AML.M0001
    name: y
    techniques: [{id: AML.T0099}, {id: AML.T0001}]
`
	r, err := taxonomy.ParseATLAS(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []taxonomy.Entry{
		{ID: "AML.T0001", Name: "x", Kind: "technique", Mitigations: []string{"AML.M0001"}},
		{ID: "AML.M0001", Name: "y", Kind: "mitigation"},
	}
	if diff := cmp.Diff(want, r.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if got := r.Summary(); !strings.HasSuffix(got, "; 2 links lead nowhere and were left out") {
		t.Errorf("Summary() = %q, want the two dangling links", got)
	}
}

// FuzzParseATLAS holds the parser to what it promises: no panic, a release
// that survives being written and read, and the same bytes each time.
func FuzzParseATLAS(f *testing.F) {
	for _, name := range []string{"testdata/atlas5.yaml", "testdata/atlas6.yaml"} {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("a: &a [*a, {b: !!str c}]\n? x\n: |\n  y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		r, err := taxonomy.ParseATLAS(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := r.WriteOverlay(&b); err != nil {
			t.Fatal(err)
		}
		set, err := taxonomy.WithOverlay(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("the overlay that was written is refused: %v\n%s", err, b.Bytes())
		}
		if diff := cmp.Diff(r.Entries, present(set), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the overlay changed the release (-want +got):\n%s", diff)
		}
	})
}
