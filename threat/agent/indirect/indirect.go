// Package indirect finds readers that come across what strangers wrote.
package indirect

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed indirect.md
var doc string

// Rule fires once per source of untrusted content that reaches an agent or
// language model at work.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/indirect",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0051.001", "AML.T0093", "LLM01:2026", "ASI01:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/injection/indirect"},
	Mitigations: []string{"AML.M0020", "AML.M0030", "AML.M0033"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		if !e.Reads() {
			continue
		}
		for _, p := range g.Finds(e) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p,
				Why:      fmt.Sprintf("%s reads content that comes from %s, and cannot tell content from instructions", e.Title(), p.From().Title()),
			})
		}
	}
	return out
}
