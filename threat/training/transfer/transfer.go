// Package transfer finds fine-tuning that starts from weights of others.
package transfer

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed transfer.md
var doc string

// Rule fires on training runs that start from foreign weights.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/transfer",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0018.000", "ML07:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0008", "AML.M0014"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindTraining) {
		for _, p := range g.Into(e, threat.Query{Over: threat.Learning, Ends: foreign, Avoid: func(x *threat.Element) bool { return foreign(x) || x.Kind == threat.KindTraining }}) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p,
				Why:      fmt.Sprintf("%s starts from %s, whose training nobody here has seen, and what is hidden there can survive", e.Title(), p.From().Title()),
			})
		}
	}
	return out
}

func foreign(e *threat.Element) bool {
	return e.Foreign() && e.Is(threat.KindArtifact, threat.KindModel, threat.KindAdapter, threat.KindEmbedder)
}
