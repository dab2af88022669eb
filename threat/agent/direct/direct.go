// Package direct finds readers that strangers talk to.
package direct

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed direct.md
var doc string

// Rule fires on agents and language models that untrusted people talk to.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/direct",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0051.000", "AML.T0054", "LLM01:2026", "ASI01:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/injection/direct"},
	Mitigations: []string{"AML.M0020", "AML.M0033", "AML.M0027"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		if !e.Reads() {
			continue
		}
		for _, p := range g.Told(e) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p,
				Why:      fmt.Sprintf("%s can tell %s what to do in the same words as its makers", p.From().Title(), e.Title()),
			})
		}
	}
	return out
}
