package taxonomy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"quintain"
	"quintain/taxonomy"
)

// TestUnqualified holds T1: an OWASP id without its edition is an error that
// offers the candidates, wherever it is met.
func TestUnqualified(t *testing.T) {
	editions := []string{"LLM03:2023 Training Data Poisoning", "LLM03:2025 Supply Chain", "LLM03:2026 Excessive Agency"}
	err := taxonomy.CheckTechniques([]quintain.Technique{"LLM03"})
	if err == nil {
		t.Fatal("CheckTechniques(LLM03) = nil, want an error")
	}
	issues := taxonomy.Lint("a.md", []byte("This is LLM03.\n"))
	if len(issues) != 1 || issues[0].Kind != taxonomy.KindUnqualified {
		t.Fatalf("Lint = %v, want one unqualified id", issues)
	}
	for _, want := range editions {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("CheckTechniques(LLM03) = %q, want it to offer %q", err, want)
		}
		if !strings.Contains(issues[0].Hint, want) {
			t.Errorf("the hint is %q, want it to offer %q", issues[0].Hint, want)
		}
	}
}

// render writes edges as a text of one reference a line.
func render(edges []taxonomy.Edge, form string) []byte {
	var b strings.Builder
	for _, e := range edges {
		id := e.To
		if e.Pinned != "" && strings.HasPrefix(id, "AML.") {
			id += "@" + e.Pinned
		}
		label := e.Label
		if label == "" {
			label = taxonomy.Short(e.To)
		}
		if label == e.To || label == "" { // nobody calls it anything
			fmt.Fprintln(&b, id)
			continue
		}
		fmt.Fprintf(&b, form, id, label)
	}
	return []byte(b.String())
}

// TestCrosswalks holds T2: of what the sources state, the lint finds exactly
// the rows that are wrong. The verdicts were recorded by another program.
func TestCrosswalks(t *testing.T) {
	verdicts := map[string]string{
		"name-contradicts-id": taxonomy.KindWrongName,
		"unknown-id":          taxonomy.KindUnknown,
		"retired-id":          taxonomy.KindRetired,
		"id-newer-than-pin":   taxonomy.KindEdition,
	}
	bySource := make(map[string][]taxonomy.Edge)
	for _, e := range taxonomy.Default().AllEdges() {
		bySource[e.Source] = append(bySource[e.Source], e)
	}
	for _, form := range []string{"%s %s\n", "- %s: %s\n", "* `%s` — %s\n", "%s %s; and so on\n"} {
		found := make(map[string]int)
		for source, edges := range bySource {
			kinds := make([][]string, len(edges))
			for _, i := range taxonomy.Lint(source, render(edges, form)) {
				kinds[i.Line-1] = append(kinds[i.Line-1], i.Kind)
			}
			for i, e := range edges {
				want := verdicts[e.Lint]
				if want == "" && len(kinds[i]) > 0 || want != "" && !slices.Contains(kinds[i], want) {
					t.Errorf("%q: %s says %s is %s %q: found %q, recorded %q", form, source, e.From, e.To, e.Label, kinds[i], e.Lint)
				}
				if len(kinds[i]) > 0 {
					found[source]++
				}
			}
		}
		retired := 0
		for _, e := range bySource["aidefend-2026.06.25"] {
			if entry, _ := taxonomy.Lookup(e.To); entry.Retired {
				retired++
			}
		}
		want := map[string]int{
			"owasp-genai-crosswalk-3.1.0": 79,
			"cosai-18ab1ef":               3,
			"owasp-llm-2026":              2,
			"aidefend-2026.06.25":         retired,
		}
		for source := range bySource {
			if found[source] != want[source] {
				t.Errorf("%q: found %d wrong rows of %s, want %d", form, found[source], source, want[source])
			}
		}
	}
	atlas := 0
	for _, e := range bySource["owasp-genai-crosswalk-3.1.0"] {
		if strings.HasPrefix(e.To, "AML.") {
			atlas++
		}
	}
	if atlas != 117 {
		t.Errorf("the hosted cross-walk has %d rows to ATLAS, want 117", atlas)
	}
}

// TestLint gives one line of text and the kinds of the issues it has.
func TestLint(t *testing.T) {
	const (
		unknown     = taxonomy.KindUnknown
		retired     = taxonomy.KindRetired
		unqualified = taxonomy.KindUnqualified
		edition     = taxonomy.KindEdition
		spelling    = taxonomy.KindSpelling
		wrong       = taxonomy.KindWrongName
		stale       = taxonomy.KindStaleName
	)
	for _, c := range []struct {
		text string
		want string // kind and a part of message or hint, "" for nothing
		say  string
	}{
		// What is right.
		{"AML.T0051.001 and LLM01:2025, NISTAML.018, AID-M-001.", "", ""},
		{"ATLAS 2026.07 AML.T0051.001 Indirect", "", ""},
		{"OWASP LLM01:2026 Prompt Injection", "", ""},
		{"AML.T0010@5.0.1, AML.T0018@2026.07", "", ""},
		{"https://atlas.mitre.org/techniques/AML.T0051", "", ""},
		{"[LLM Prompt Injection](https://atlas.mitre.org/techniques/AML.T0051)", "", ""},
		{"see https://genai.owasp.org/llmrisk/llm01-prompt-injection/", "", ""},
		{"https://genai.owasp.org/llmrisk/llm012025-prompt-injection/", "", ""},
		{"AML.CS0016 is a case study", "", ""},
		{"LLM01:2025/LLM02:2025", "", ""},

		// Identifiers that do not exist.
		{"AML.T0022", unknown, "AML.T0022 is in no release"},
		{"AML.T0022 Valid Accounts", unknown, "perhaps AML.T0012 Valid Accounts"},
		{"AML.T9999", unknown, ""},
		{"AML.T0051.009", unknown, "AML.T0051.001"},
		{"AML.T00512", unknown, ""},
		{`{"text":"first\nAML.T9999"}`, unknown, ""},
		{"LLM11:2025", unknown, ""},
		{"NISTAML.099", unknown, ""},
		{"AID-M-999", unknown, ""},
		{"the NIST AI RMF, MEASURE 2.99.", unknown, "MEASURE 2.99"},
		{"the NIST AI RMF, MEASURE 2.7.", "", ""},
		{"MAP 7.9 of the tourist office", "", ""},
		{"ATLAS 2026.09 AML.T0130", unknown, "the data ends with ATLAS 2026.07"},

		// Retired ones.
		{"AML.T0019", retired, "use AML.T0115.000"},
		{"AML.T0019: Publish Poisoned Datasets", retired, ""},
		{"AML.T0045", retired, "use AML.T0048.004"},

		// Editions.
		{"LLM03", unqualified, "LLM03:2025 Supply Chain"},
		{"LLM03: Training Data Poisoning", unqualified, "use LLM03:2023"},
		{"ML05, ASI02", unqualified, "ML05:2023"},
		{"(DSGAI04)", unqualified, "DSGAI04:2026"},
		{"LLM01/LLM02", unqualified, ""},
		{"OWASP-LLM01", unqualified, ""},
		{"owasp.llm01", unqualified, ""},
		{"LLM03:2024", edition, "LLM03:2025"},
		{"AML.T0034.002@5.0.1", edition, "it came with"},
		{"ATLAS 5.0.1 AML.M0028", edition, "newer than ATLAS 5.0.1"},
		{"AML.T0051@5.7.9", edition, `no release "5.7.9"`},

		// Spellings.
		{"aml.t0051", spelling, "write AML.T0051"},
		{"AML-T0051", spelling, "write AML.T0051"},
		{"AML T0051.001", spelling, "write AML.T0051.001"},
		{"AML.T0051-001", spelling, "write AML.T0051.001"},
		{"AML.T51", spelling, "write AML.T0051"},
		{"ATLAS T0051", spelling, "write AML.T0051"},
		{"LLM1:2025", spelling, "write LLM01:2025"},
		{"LLM01-2025", spelling, "write LLM01:2025"},
		{"LLM01 (2025) Prompt Injection", spelling, "write LLM01:2025"},
		{"llm01:2025", spelling, "write LLM01:2025"},
		{"NIST AML.018", spelling, "write NISTAML.018"},

		// Names.
		{"AML.T0048 Model Contamination", wrong, `AML.T0048 is "External Harms", not "Model Contamination"`},
		{"AML.T0057 Data from Information Repositories", wrong, "perhaps AML.T0036"},
		{"LLM03:2025 Training Data Poisoning", wrong, "perhaps LLM03:2023"},
		{"LLM03:2025 - Training data poisoning", wrong, "perhaps LLM03:2023"},
		{"Valid Accounts (AML.T0051)", wrong, "perhaps AML.T0012"},
		{"[Valid Accounts](https://atlas.mitre.org/techniques/AML.T0051)", wrong, "perhaps AML.T0012"},
		{"| AML.T0051 | Valid Accounts |", wrong, "perhaps AML.T0012"},
		{`"AML.T0051": "Valid Accounts"`, wrong, "perhaps AML.T0012"},
		{`{"id": "AML.T0051", "name": "Valid Accounts"}`, wrong, "perhaps AML.T0012"},
		{"- id: AML.T0051\n  name: Colorless Ideas", wrong, "Colorless Ideas"},
		{"- name: Valid Accounts\n  id: AML.T0051", wrong, "perhaps AML.T0012"},
		{"- id: AML.T0051\n  name: PromptInjection", "", ""},
		{"| id | technique |\n|---|---|\n| AML.T0045 | x |\n| AML.T0051 | Disinformation |", retired + "," + wrong, "Disinformation"},
		{"| id | severity |\n|---|---|\n| AML.T0051 | Disinformation |", "", ""},
		{"NISTAML.018 Clean-label Backdoor", wrong, "perhaps NISTAML.021"},
		{"AML.T0020 Poison Training Data", stale, `write "Training Data Poisoning"`},
		{"AML.M0003 (Model Hardening)", stale, `write "Predictive AI Model Hardening"`},
		{"AML.T0010 ML Supply Chain Compromise", "", ""}, // ML for AI is no other name
		{"AML.T0051.001 LLM Prompt Injection: Indirect", "", ""},
		{"AML.T0051.001 LLM Prompt Injection", "", ""},
		{"AML.T0024.001 Model Inversion", "", ""},
		{"AML.T0024 Model Inversion", wrong, ""},

		// What stands beside an identifier without being its name.
		{"AML.T0051 is what attackers use first.", "", ""},
		{"AML.T0051 Attackers use it first.", "", ""},
		{"AML.T0051: Attackers write instructions into documents", "", ""},
		{"AML.T0051 - High", "", ""},
		{"AML.T0051 (Partially Covered)", "", ""},
		{"AML.T0051 -> Input Filter", "", ""},
		{"## AML.T0051 Mitigations", "", ""},
		{"| AML.T0051 | Input Validation and Sanitization | High |", "", ""},
		{"| Execution | AML.T0050 |", "", ""},
		{"Execution (AML.T0050)", "", ""},
		{"AML.T0012: Initial Access", "", ""},
		{"Using Claude Code (AML.T0051)", "", ""},
		{"LLM01:2025 OWASP Top 10", "", ""},
		{"AML.T0051, AML.T0054 and Others", "", ""},
		{"title: Agent obeys what it reads\nid: AML.T0051\nlevel: high", "", ""},

		// What only looks like an identifier.
		{"XML01, HTML05, FooML01, ML01a, ML012, LLM_03, my-ML01, ML01_test", "", ""},
		{"TUwwMQ==ML01==, abc/ML01+xyz=, $ML01, a.LLM03.b, LLM03.md, docs/LLM03/readme", "", ""},
		{"550e8400-ML01-41d4-a716, ML01-41d4", "", ""},
		{"ml01 llm03 LLM-03 LLM 03 ML20", "", ""},
		{"PREAML.T9999, AML.T0051_prompt", "", ""},
		{"T0051 T1059.001 TA0002 M1015", "", ""},
		{"LLM03%3A2025", "", ""},
		{"CWE-9999 Anything Goes", "", ""},
	} {
		var kinds []string
		said := ""
		for _, i := range taxonomy.Lint("x", []byte(c.text)) {
			if !slices.Contains(kinds, i.Kind) {
				kinds = append(kinds, i.Kind)
			}
			said += i.Message + " " + i.Hint + "\n"
		}
		if got := strings.Join(kinds, ","); got != c.want || !strings.Contains(said, c.say) {
			t.Errorf("Lint(%q) = %q %q, want %q with %q", c.text, got, said, c.want, c.say)
		}
	}
}

// TestOwnNames lints every entry beside its own names, present and past, in
// every way a name can stand: none is wrong.
func TestOwnNames(t *testing.T) {
	set := taxonomy.Default()
	for _, f := range set.Frameworks() {
		for _, e := range set.Entries(f.Name) {
			names := []string{set.Short(e.ID)}
			for _, n := range set.Names(e.ID) {
				names = append(names, n.Name)
			}
			for _, name := range names {
				if e.Retired || name == "" || e.Framework == taxonomy.NISTRMF {
					continue
				}
				for _, form := range []string{
					"%[1]s %[2]s", "%[1]s: %[2]s", "%[1]s - %[2]s", "%[2]s (%[1]s)", "| %[1]s | %[2]s |",
					"[%[2]s](https://example.com/%[1]s)", "[%[1]s](https://example.com/) %[2]s", "**%[1]s** %[2]s.",
					`{"id":"%[1]s","name":"%[2]s"}`, "id: %[1]s\nname: %[2]s\n", `"%[1]s": "%[2]s",`, "- %[1]s %[2]s, and more",
				} {
					text := fmt.Sprintf(form, e.ID, name)
					for _, i := range set.Lint("x", []byte(text)) {
						if i.Kind != taxonomy.KindStaleName || name == e.Name || name == set.Short(e.ID) {
							t.Errorf("Lint(%q) = %v, want nothing", text, i)
						}
					}
				}
			}
		}
	}
}

// TestOthersNames lints every technique of ATLAS beside the name of every
// other one. Names that share their words cannot be told apart; nearly all
// others are found.
func TestOthersNames(t *testing.T) {
	var list []taxonomy.Entry
	for _, e := range taxonomy.Entries(taxonomy.ATLAS) {
		if e.Kind == "technique" && !e.Retired {
			list = append(list, e)
		}
	}
	found, all := 0, 0
	for _, e := range list {
		for _, o := range list {
			if e.ID == o.ID {
				continue
			}
			all++
			for _, i := range taxonomy.Lint("x", []byte(e.ID+" "+o.Name)) {
				if i.Kind == taxonomy.KindWrongName {
					found++
				}
			}
		}
	}
	if found*100 < all*95 {
		t.Errorf("found %d of %d wrong names, want 95 %%", found, all)
	}
}

// TestPosition says where issues are, in characters.
func TestPosition(t *testing.T) {
	text := "é\tLLM03\r\n\xff\xfe AML.T0019\n\n  x AML.T9999 LLM04"
	want := []string{
		"f:1:3: unqualified", "f:2:4: retired", "f:4:5: unknown", "f:4:15: unqualified",
	}
	var got []string
	for _, i := range taxonomy.Lint("f", []byte(text)) {
		head, _, _ := strings.Cut(i.String(), ": ")
		got = append(got, head+": "+i.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("issues at %q, want %q", got, want)
	}
}

// TestTooMany holds the lint to its bound, and to saying that it stopped.
func TestTooMany(t *testing.T) {
	issues := taxonomy.Lint("x", []byte(strings.Repeat("LLM03 ", 20_000)))
	if len(issues) != 10_001 || issues[10_000].Kind != taxonomy.KindTooMany {
		t.Errorf("%d issues, the last one %v; want 10000 and one that says it stopped", len(issues), issues[len(issues)-1])
	}
}

// TestHostileText lints texts that would be slow if anything looked around
// without a limit.
func TestHostileText(t *testing.T) {
	const n = 1 << 18
	for name, unit := range map[string]string{
		"one line of references":  "AML.T0051 ",
		"one row of a table":      "| AML.T0051 | A B ",
		"rows of a table":         "| AML.T0051 | A B |\n",
		"brackets":                "[(AML.T0051](",
		"keys":                    "id: AML.T0051 name: ",
		"capitals before a paren": "Ab Cd (AML.T0051",
		"prefixes":                "OWASP ",
		"escapes":                 `\nAML\n`,
	} {
		if issues := taxonomy.Lint("x", []byte(strings.Repeat(unit, n/len(unit)))); len(issues) > 0 {
			t.Errorf("%s: %v, want nothing", name, issues[0])
		}
	}
}

// FuzzLint holds the lint to what it promises of any bytes: places inside the
// text, one-line messages of valid UTF-8, kinds that exist, and no memory of
// what it saw before.
func FuzzLint(f *testing.F) {
	for _, s := range []string{
		"AML.T0051.001 Indirect, LLM03, LLM03:2024, aml-t0051, NISTAML.018 Prompt Injection",
		"| id | name |\n|---|---|\n| AML.T0024 | Model Inversion |\n| AML.T0019 | x |",
		`{"id": "AML.T0051", "name": "Valid Accounts"}` + "\nATLAS 5.0.1 AML.M0028\n[a](b/AML.T0012)",
		"AI RMF GOVERN 1.1 AID-M-001.009 OWASP-LLM01 \xff\xfeLLM1 (2025)",
	} {
		f.Add([]byte(s))
	}
	kinds := []string{
		taxonomy.KindUnknown, taxonomy.KindRetired, taxonomy.KindUnqualified, taxonomy.KindEdition,
		taxonomy.KindSpelling, taxonomy.KindWrongName, taxonomy.KindStaleName, taxonomy.KindTooMany,
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		issues := taxonomy.Lint("x", data)
		lines := strings.Split(string(data), "\n")
		for n, i := range issues {
			if !slices.Contains(kinds, i.Kind) {
				t.Errorf("kind %q", i.Kind)
			}
			if i.Line < 1 || i.Line > len(lines) || i.Column < 1 || i.Column > utf8.RuneCountInString(lines[i.Line-1])+1 {
				t.Errorf("issue at %d:%d of %q", i.Line, i.Column, data)
			}
			if s := i.Message + i.Hint; !utf8.ValidString(s) || strings.ContainsAny(s, "\n\r\x1b") || len(s) > 2000 {
				t.Errorf("message %q", s)
			}
			if n > 0 && (issues[n-1].Line > i.Line || issues[n-1].Line == i.Line && issues[n-1].Column > i.Column) {
				t.Errorf("issues out of order in %q", data)
			}
		}
		if again := taxonomy.Lint("x", data); !slices.Equal(again, issues) {
			t.Errorf("the second time gave %v, the first %v", again, issues)
		}
	})
}

func BenchmarkLint(b *testing.B) {
	text := []byte(strings.Repeat("The quick brown fox, see AML.T0051.001 Indirect and [LLM01:2025](x), jumps over some lazy dogs.\n", 1000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		taxonomy.Lint("x", text)
	}
}

func BenchmarkLintPlain(b *testing.B) {
	text := []byte(strings.Repeat("A line about nothing in particular, as most lines are, from all over the world and more.\n", 1000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		taxonomy.Lint("x", text)
	}
}
