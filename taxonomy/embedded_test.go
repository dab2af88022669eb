package taxonomy_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"quintain/taxonomy"
)

// readJSON decodes a file of the package as it is stored.
func readJSON(t *testing.T, name string, to any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("data", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestEmbedded decodes every embedded file. What it uses panics if one is
// broken.
func TestEmbedded(t *testing.T) {
	set := taxonomy.Default()
	if n := len(set.AllEdges()); n < 5000 {
		t.Errorf("%d edges, want those of all sources", n)
	}
	used := []string{"data/atlas_history.json", "data/edges.json", "data/sources.json"}
	for _, s := range set.Sources() {
		used = append(used, s.File)
	}
	names, err := filepath.Glob("data/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !slices.Contains(used, filepath.ToSlash(n)) {
			t.Errorf("no source is of %s", n)
		}
	}
}

// TestBroken breaks one file after the other: reading them is an error that
// names the file, and never more than that.
func TestBroken(t *testing.T) {
	files := make(fstest.MapFS)
	names, err := filepath.Glob("data/*.json")
	if err != nil || len(names) < 9 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(n)] = &fstest.MapFile{Data: b}
	}
	if err := taxonomy.Read(files); err != nil {
		t.Fatalf("reading all files: %v", err)
	}
	for name, f := range files {
		stem := strings.TrimSuffix(filepath.Base(name), ".json")
		for _, broken := range []string{"", "null", string(f.Data[:len(f.Data)/2]), `"x"`, `[{"Entries":[["x"]]}]`, `{"sources":[],"edges":[["x"]]}`} {
			all := maps.Clone(files)
			all[name] = &fstest.MapFile{Data: []byte(broken)}
			// Lists with nothing usable in them are no error, and no panic either.
			if err := taxonomy.Read(all); broken != "null" && broken[:min(1, len(broken))] != "[" && (err == nil || !strings.Contains(err.Error(), stem)) {
				t.Errorf("%s with %.20q: error %v, want one that names it", name, broken, err)
			}
		}
		all := maps.Clone(files)
		delete(all, name)
		if err := taxonomy.Read(all); err == nil || !strings.Contains(err.Error(), stem) {
			t.Errorf("without %s: error %v, want one that names it", name, err)
		}
	}
}

// TestCounts compares what is embedded with what the catalogs are known to
// have.
func TestCounts(t *testing.T) {
	got := make(map[string]int)
	for _, f := range taxonomy.Frameworks() {
		for _, e := range taxonomy.Entries(f.Name) {
			if !e.Retired {
				got[f.Name+" "+e.Edition+" "+e.Kind]++
			}
		}
	}
	want := map[string]int{
		"ATLAS 2026.07 tactic": 16, "ATLAS 2026.07 technique": 101, "ATLAS 2026.07 subtechnique": 77, "ATLAS 2026.07 mitigation": 37,
		"OWASP LLM 2023 risk": 10, "OWASP LLM 2025 risk": 10, "OWASP LLM 2026 risk": 10,
		"OWASP ML 2023 risk": 10, "OWASP ASI 2026 risk": 10, "OWASP DSGAI 2026 risk": 21,
		"NIST AI 100-2 E2025 class": 5, "NIST AI 100-2 E2025 attack": 25,
		"NIST AI RMF 1.0 function": 4, "NIST AI RMF 1.0 category": 19, "NIST AI RMF 1.0 subcategory": 72,
		"CWE 4.20 weakness":           35, // the 17 members of view 1448 and 18 others that are mapped to
		"AIDEFEND 2026.06.25 defense": 88 + 213,
		"CoSAI 2026-08-19 risk":       36, "CoSAI 2026-08-19 control": 35,
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d entries, want %d", k, got[k], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d kinds of entries, want %d: %v", len(got), len(want), got)
	}
	links := 0
	for _, e := range taxonomy.Entries(taxonomy.ATLAS) {
		links += len(e.Mitigations)
	}
	if links != 338 {
		t.Errorf("%d links to mitigations, want 338", links)
	}
}

// TestStored looks for identifiers that are stored twice, which no Set shows.
func TestStored(t *testing.T) {
	seen := make(map[string]string)
	add := func(id, file string) {
		if seen[id] != "" {
			t.Errorf("%s is in %s and in %s", id, seen[id], file)
		}
		seen[id] = file
	}
	var release struct{ Entries []struct{ ID string } }
	readJSON(t, "atlas.json", &release)
	for _, e := range release.Entries {
		add(e.ID, "atlas.json")
	}
	for _, name := range []string{"owasp.json", "nist.json", "cwe.json", "aidefend.json", "cosai.json"} {
		var lists []struct{ Entries [][]string }
		readJSON(t, name, &lists)
		for _, l := range lists {
			for _, row := range l.Entries {
				add(row[0], name)
			}
		}
	}
	var history []struct {
		ID    string
		Names [][2]string
	}
	readJSON(t, "atlas_history.json", &history)
	past := make(map[string]bool)
	for _, h := range history {
		if past[h.ID] || len(h.Names) == 0 {
			t.Errorf("%s is twice in the history, or has no name", h.ID)
		}
		past[h.ID] = true
	}
	for _, e := range release.Entries {
		if !past[e.ID] {
			t.Errorf("%s has no history", e.ID)
		}
	}
	var edges struct{ Edges [][]string }
	readJSON(t, "edges.json", &edges)
	stated := make(map[string]bool)
	for _, row := range edges.Edges {
		k := strings.Join(row[:3], " ")
		if stated[k] {
			t.Errorf("%s is stated twice", k)
		}
		stated[k] = true
	}
}

// TestLinks looks up every identifier that an entry names.
func TestLinks(t *testing.T) {
	for _, f := range taxonomy.Frameworks() {
		for _, e := range taxonomy.Entries(f.Name) {
			for _, id := range slices.Concat(e.Tactics, e.Mitigations, one(e.Parent), one(e.Successor)) {
				if o, ok := taxonomy.Lookup(id); !ok || o.Retired && id != e.Parent {
					t.Errorf("%s names %s, which does not exist", e.ID, id)
				}
			}
			if !strings.HasPrefix(e.URL, "https://") {
				t.Errorf("%s has address %q", e.ID, e.URL)
			}
			if e.Framework == taxonomy.ATLAS && e.Kind != "tactic" && e.Kind != "mitigation" && !e.Retired && len(e.Tactics) == 0 {
				t.Errorf("%s serves no tactic", e.ID)
			}
		}
	}
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// frameworkOf tells by its form the framework that an identifier is of, if
// that is embedded.
func frameworkOf(id string) string {
	for _, f := range []struct{ prefix, name string }{
		{"AML.", taxonomy.ATLAS},
		{"LLM", taxonomy.OWASPLLM},
		{"ML", taxonomy.OWASPML},
		{"ASI", taxonomy.OWASPASI},
		{"DSGAI", taxonomy.OWASPGAI},
		{"NISTAML.", taxonomy.NISTAML},
		{"AID-", taxonomy.AIDEFEND},
		{"risk", taxonomy.CoSAI},
		{"control", taxonomy.CoSAI},
		{"GOVERN ", taxonomy.NISTRMF},
		{"MAP ", taxonomy.NISTRMF},
		{"MEASURE ", taxonomy.NISTRMF},
		{"MANAGE ", taxonomy.NISTRMF},
	} {
		if strings.HasPrefix(id, f.prefix) {
			return f.name
		}
	}
	return ""
}

// TestEdgeEnds holds T5, and every end of an edge in an embedded framework to
// exist or to be flagged.
func TestEdgeEnds(t *testing.T) {
	set := taxonomy.Default()
	ours := make(map[string]int)
	for _, e := range set.AllEdges() {
		src, ok := set.EdgeSource(e.Source)
		if !ok || src.By == "" || src.What == "" || src.Standing == "" {
			t.Errorf("%s -> %s: nobody is named who says so: %+v", e.From, e.To, src)
		}
		if e.Ours() != (src.Standing == "ours") {
			t.Errorf("%s -> %s: Ours() = %v, and the standing of its source is %q", e.From, e.To, e.Ours(), src.Standing)
		}
		if e.Ours() {
			ours[frameworkOf(e.From)]++
			if !e.Sound() {
				t.Errorf("our own edge %s -> %s is %s", e.From, e.To, e.Lint)
			}
		}
		if !slices.Contains([]string{
			"same", "narrower", "broader", "related", "crossref", "successor", "renamed", "attack-reference", "defends",
		}, e.Relation) {
			t.Errorf("%s -> %s: relation %q", e.From, e.To, e.Relation)
		}
		for _, id := range []string{e.From, e.To} {
			entry, ok := set.Lookup(id)
			switch want := frameworkOf(id); {
			case !ok && want != "" && e.Lint != "unknown-id":
				t.Errorf("%s -> %s (%s, %s): %s has no %s", e.From, e.To, e.Source, e.Lint, want, id)
			case ok && want != "" && entry.Framework != want:
				t.Errorf("%s is of %s, want %s", id, entry.Framework, want)
			case ok && entry.Retired && e.Sound():
				t.Errorf("%s -> %s is sound, but %s is retired", e.From, e.To, id)
			case ok && e.Lint == "unknown-id" && id == e.To:
				t.Errorf("%s -> %s: %s exists", e.From, e.To, id)
			}
		}
	}
	for _, f := range []string{taxonomy.OWASPASI, taxonomy.NISTAML, ""} { // "" is CWE here
		if ours[f] < 5 {
			t.Errorf("%d edges of ours from %q, where nobody else states any", ours[f], f)
		}
	}
}

// TestEdgesBothWays finds an edge from either end, once.
func TestEdgesBothWays(t *testing.T) {
	for _, id := range []string{"CWE-1427", "AML.T0051"} {
		n := 0
		for _, e := range taxonomy.Edges(id) {
			if e.From == "CWE-1427" && e.To == "AML.T0051" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("Edges(%s) has CWE-1427 -> AML.T0051 %d times, want once", id, n)
		}
	}
}

// TestNotice holds the notice of the project to naming every source.
func TestNotice(t *testing.T) {
	b, err := os.ReadFile("../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range taxonomy.Sources() {
		if s.License == "" || s.URL == "" || s.Notice == "" || s.Version == "" {
			t.Errorf("source %q is incomplete: %+v", s.Name, s)
		}
		if notice := string(b); !strings.Contains(notice, s.Name) && !strings.Contains(notice, s.Framework) {
			t.Errorf("NOTICE does not name %q", s.Name)
		}
	}
}
