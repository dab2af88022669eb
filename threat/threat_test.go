package threat_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"quintain"
	"quintain/taxonomy"
	"quintain/threat"
	"quintain/threat/all"
)

// A threat on paper is a number of lines: severity, rule and elements.
func lines(threats []threat.Threat) []string {
	var out []string
	for _, t := range threats {
		out = append(out, fmt.Sprintf("%s %s %s: %s", t.ID, t.Severity, strings.TrimPrefix(t.Rule.Name, "threat/"), strings.Join(idsOf(t.Elements), " ")))
	}
	return out
}

// The threats of a small real system: what matters, each once, and no more.
func TestClinic(t *testing.T) {
	m, err := threat.Load("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"critical agent/trifecta: assistant mailbox patients mail records",
		"high agent/direct: assistant patients",
		"high agent/indirect: assistant mailbox",
		"high agent/overshare: assistant mail records patients",
		"high model/evasion: triage patients",
		"high supply/unpinned: community",
		"high supply/unsafeload: community",
		"medium agent/privilege: assistant calendar mailbox patients",
		"medium agent/sysprompt: assistant rules",
		"medium model/flood: assistant patients mailbox",
		"medium supply/backdoor: community",
		"medium supply/unsafeload: notes-encoder",
		"low model/unchecked: assistant records",
	}
	var got []string
	for _, l := range lines(m.Threats(all.Rules)) {
		_, l, _ = strings.Cut(l, " ")
		got = append(got, l)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Ids do not depend on the order of anything, nor on what else is in the file.
func TestStableIDs(t *testing.T) {
	clinic, err := threat.Load("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		m := clinic
		if seed > 0 {
			m = randomModel(r, 4+r.IntN(12), 3+r.IntN(25))
		}
		want := lines(m.Threats(all.Rules))
		mixed := copyOf(m)
		shuffle(r, mixed.Elements)
		shuffle(r, mixed.Flows)
		for i := range mixed.Elements {
			shuffle(r, mixed.Elements[i].Data)
			shuffle(r, mixed.Elements[i].Can)
		}
		if diff := cmp.Diff(want, lines(mixed.Threats(all.Rules))); diff != "" {
			t.Fatalf("seed %d: another order, other threats:\n%s", seed, diff)
		}
		if got, want := mixed.Digest(), m.Digest(); got != want {
			t.Fatalf("seed %d: another order, another digest", seed)
		}
		other := randomModel(r, 8, 12)
		for i := range other.Elements {
			other.Elements[i].ID = "a-" + other.Elements[i].ID // before the others
			mixed.Elements = append(mixed.Elements, other.Elements[i])
		}
		for _, f := range other.Flows {
			f.From, f.To = "a-"+f.From, "a-"+f.To
			for i := range f.Through {
				f.Through[i] = "a-" + f.Through[i]
			}
			mixed.Flows = append(mixed.Flows, f)
		}
		mixed.Elements[0].Name, mixed.Elements[0].Description = "Another name", "and story"
		more := lines(mixed.Threats(all.Rules))
		for _, l := range want {
			if !slices.Contains(more, l) {
				t.Fatalf("seed %d: %s is gone after edits elsewhere", seed, l)
			}
		}
		if mixed.Digest() == m.Digest() {
			t.Fatalf("seed %d: other content, the same digest", seed)
		}
	}
}

func copyOf(m *threat.Model) *threat.Model {
	c := *m
	c.Elements = slices.Clone(m.Elements)
	for i := range c.Elements {
		c.Elements[i].Data = slices.Clone(c.Elements[i].Data)
		c.Elements[i].Can = slices.Clone(c.Elements[i].Can)
	}
	c.Flows = slices.Clone(m.Flows)
	return &c
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// The id is a hash of the rule, its version, the elements and the path.
func TestIDDependsOn(t *testing.T) {
	m := parse(t, "name: x\nelements:\n  - {id: a, kind: tool}\n  - {id: b, kind: tool}\nflows:\n  - {from: a, to: b}\n")
	a, b := &m.Elements[0], &m.Elements[1]
	p := threat.NewGraph(m).OutOf(a, threat.Query{Ends: func(e *threat.Element) bool { return e == b }})[0]
	id := func(name string, version int, match threat.Match) string {
		rule := &threat.Rule{
			Check: quintain.Check{Name: name}, Version: version, Severity: quintain.Low,
			Match: func(*threat.Graph) []threat.Match { return []threat.Match{match, match} },
		}
		threats := m.Threats([]*threat.Rule{rule})
		if len(threats) != 1 {
			t.Fatalf("%d threats of two equal matches, want 1", len(threats))
		}
		return threats[0].ID
	}
	base := threat.Match{Elements: []*threat.Element{a, b}, Path: p}
	if got, want := id("threat/x", 1, base), "T-7NVVDZ36"; got != want {
		t.Errorf("id = %s, want %s as ever", got, want)
	}
	ids := []string{
		id("threat/x", 1, base), id("threat/y", 1, base), id("threat/x", 2, base),
		id("threat/x", 1, threat.Match{Elements: []*threat.Element{b, a}, Path: p}),
		id("threat/x", 1, threat.Match{Elements: []*threat.Element{a}, Path: p}),
		id("threat/x", 1, threat.Match{Elements: []*threat.Element{a, b}}),
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 6 {
		t.Errorf("%d different ids, want 6", n)
	}
	same := threat.Match{Elements: []*threat.Element{a, b, a}, Path: p, Why: "in other words", Severity: quintain.High}
	if got, want := id("threat/x", 1, same), id("threat/x", 1, base); got != want {
		t.Errorf("wording and severity change the id from %s to %s", want, got)
	}
}

// The rules together demonstrate every entry of the lists they are made for,
// and each names what settles it.
func TestRules(t *testing.T) {
	covered := make(map[quintain.Technique]bool)
	families := make(map[string]int)
	planned := []string{
		"scan/", "sign/", "guard/", "attack/evasion/", "attack/poisoning/", "attack/privacy/", "attack/extraction/", "probe/",
	}
	for _, r := range all.Rules {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		for _, id := range r.Techniques {
			covered[id] = true
		}
		for _, v := range r.Verify {
			if !slices.ContainsFunc(planned, func(p string) bool { return strings.HasPrefix(v, p) }) {
				t.Errorf("%s: no family of checks is called %s", r.Name, v)
			}
		}
		families[strings.Split(r.Name, "/")[1]]++
	}
	for _, list := range []string{"OWASP LLM 2026", "OWASP ASI 2026", "OWASP ML 2023"} {
		for _, e := range taxonomy.Entries(list) {
			if !covered[quintain.Technique(e.ID)] {
				t.Errorf("no rule is about %s", e)
			}
		}
	}
	for _, f := range []string{"supply", "training", "model", "rag", "agent"} {
		if families[f] < 4 {
			t.Errorf("family %s has %d rules", f, families[f])
		}
	}
}

func TestRuleValidate(t *testing.T) {
	bad := &threat.Rule{Check: quintain.Check{Name: "threat/x/y", Doc: "title", Techniques: []quintain.Technique{"LLM01:2026"}, Accepts: []quintain.Kind{"system"}}}
	err := bad.Validate()
	for _, want := range []string{"no version, severity or match", "names no check that settles it", "names no mitigation"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate() = %v, want %q in it", err, want)
		}
	}
}

// Every kind of element, ability and class of data is something that a case of
// some rule is about.
func TestVocabularyIsUsed(t *testing.T) {
	used := make(map[string]bool)
	for _, text := range cases(t) {
		m := parse(t, text)
		for i := range m.Elements {
			e := &m.Elements[i]
			used[string(e.Kind)] = true
			for _, d := range e.Data {
				used[string(d)] = true
			}
			for _, a := range e.Can {
				used[string(a)] = true
			}
		}
	}
	for _, k := range []threat.Kind{
		threat.KindAgent, threat.KindModel, threat.KindAdapter, threat.KindArtifact, threat.KindEmbedder, threat.KindGuard, threat.KindJudge,
		threat.KindApproval, threat.KindHuman, threat.KindExternal, threat.KindService, threat.KindStore, threat.KindTool,
		threat.KindMCPServer, threat.KindSkill, threat.KindSysPrompt, threat.KindMemory, threat.KindRetriever, threat.KindVectorStore,
		threat.KindDataset, threat.KindEvalSet, threat.KindTraining, threat.KindRegistry, threat.KindAccelerator, threat.KindSecret,
		threat.KindBudget, threat.KindTelemetry,
	} {
		if !used[string(k)] {
			t.Errorf("no case has an element of kind %s", k)
		}
	}
}

// cases returns the systems of all rules' cases, and the clinic.
func cases(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("*/*/testdata/*.txtar")
	if err != nil || len(names) < 80 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	var out []string
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(ar.Files[0].Data))
	}
	return out
}
