// Package writable finds model registries that strangers can write to.
package writable

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed writable.md
var doc string

// Rule fires on registries and stores that models come from and that untrusted
// content reaches.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/writable",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.003", "AML.T0010.004", "ML06:2023", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0005", "AML.M0014"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindRegistry) {
		served := g.OutOf(e, threat.Query{Over: threat.Learning, Ends: func(x *threat.Element) bool {
			return x.Is(threat.KindModel, threat.KindAdapter, threat.KindArtifact, threat.KindEmbedder, threat.KindAgent)
		}})
		if len(served) == 0 {
			continue
		}
		if e.Untrusted() {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, served[0].To()},
				Path:     served[0],
				Why:      fmt.Sprintf("%s is open to strangers, and %s comes from it", e.Title(), served[0].To().Title()),
			})
		}
		for _, p := range g.Untrusted(e, threat.Learning) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p.Then(served[0]),
				Why:      fmt.Sprintf("%s can put files into %s, which %s comes from", p.From().Title(), e.Title(), served[0].To().Title()),
			})
		}
	}
	return out
}
