// Package poisonable finds training runs that strangers can feed.
package poisonable

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed poisonable.md
var doc string

// Rule fires on training that untrusted data reaches.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/poisonable",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0059", "ML02:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     2,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0007", "AML.M0025", "AML.M0005"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindTraining) {
		for _, p := range g.Untrusted(e, threat.Learning) {
			elements := []*threat.Element{e}
			for _, between := range p.Interior() {
				if between.Is(threat.KindDataset) {
					elements = append(elements, between) // it can be screened
				}
			}
			out = append(out, threat.Match{
				Elements: append(elements, p.From()),
				Path:     p,
				Why:      fmt.Sprintf("%s learns from data that comes from %s, where strangers decide what stands in it", e.Title(), p.From().Title()),
			})
		}
	}
	return out
}
