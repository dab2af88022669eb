package threat_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"quintain/threat"
	"quintain/threat/all"
)

var located = regexp.MustCompile(`^f\.yaml:\d+:\d+: .`)

// Whatever parses can be drawn, digested and derived from; whatever does not
// says where and what in one line each.
func FuzzParse(f *testing.F) {
	for _, text := range cases(f) {
		f.Add([]byte(text))
	}
	clinic, err := os.ReadFile("testdata/clinic.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(clinic)
	for _, text := range []string{
		"", "a", "- - -", "{", "a: &a [*a]", "? [", "name: |\n  x\n", "name: !!x y", "%YAML 1.2\n---\n", "a: b: c", "\"\\uD800\"", "'", "---\n---\n", "a:\n\t- b",
		"accepted:\n  - {until: 2027-01-01}\n", "<<: {name: x}", "name: \"\\x00\"", "elements: [{id: a}, {id: a}]",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := threat.Parse("f.yaml", data)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !located.MatchString(line) {
					t.Errorf("error %q does not say where", line)
				}
			}
			return
		}
		read(t, m.SVG(threat.SVGOptions{}))
		m.Mermaid()
		if err := m.Digest().Validate(); err != nil {
			t.Error(err)
		}
		for _, th := range m.Threats(all.Rules) {
			walkable(t, m, th.Path)
			if len(th.Elements) == 0 || th.Why == "" || m.Acceptance(&th) != nil && len(m.Accepted) == 0 {
				t.Errorf("threat %+v", th)
			}
			for _, e := range th.Elements {
				m.Targets(e)
			}
		}
	})
}
