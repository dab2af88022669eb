// Package memorized finds language models that learned private data and talk to strangers.
package memorized

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed memorized.md
var doc string

// Rule fires on generating models trained on private data that strangers hear.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/memorized",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0057", "AML.T0024.000", "LLM02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"attack/privacy/"},
	Mitigations: []string{"AML.M0007", "AML.M0020", "AML.M0022"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.Readers() {
		private := g.Trained(e, (*threat.Element).Private)
		audience := g.Audience(e)
		if len(private) == 0 || len(audience) == 0 || e.Kind == threat.KindAgent {
			continue
		}
		hears := threat.Easiest(audience)
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sources(private)...),
			Path:     threat.Easiest(private).Then(hears),
			Why:      fmt.Sprintf("%s was trained on %s and can repeat it to %s", e.Title(), threat.Titles(threat.Sources(private)), hears.To().Title()),
		})
	}
	return out
}
