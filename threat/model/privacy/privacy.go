// Package privacy finds predictive models that learned private data and answer strangers.
package privacy

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed privacy.md
var doc string

// Rule fires on predictive models trained on private data whose answers
// strangers see.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/privacy",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024.001", "ML04:2023", "ML03:2023"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/privacy/"},
	Mitigations: []string{"AML.M0002", "AML.M0004"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindModel, threat.KindEmbedder) {
		private := g.Trained(e, (*threat.Element).Private)
		audience := g.Audience(e)
		if e.Reads() || len(private) == 0 || len(audience) == 0 {
			continue
		}
		hears := threat.Easiest(audience)
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sources(private)...),
			Path:     threat.Easiest(private).Then(hears),
			Why:      fmt.Sprintf("%s was trained on %s, and what it answers reaches %s", e.Title(), threat.Titles(threat.Sources(private)), hears.To().Title()),
		})
	}
	return out
}
