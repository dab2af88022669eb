// Package evalset finds evaluation data that strangers can write.
package evalset

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed evalset.md
var doc string

// Rule fires on evaluation sets that untrusted data reaches.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/evalset",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0059", "DSGAI05:2026", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0007", "AML.M0025"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindEvalSet) {
		for _, p := range g.Untrusted(e, threat.Learning) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p,
				Why:      fmt.Sprintf("%s decides whether a model is good enough, and content of %s goes into it", e.Title(), p.From().Title()),
			})
		}
	}
	return out
}
