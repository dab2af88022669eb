// Package thirdparty finds training data from others that could be replaced.
package thirdparty

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed thirdparty.md
var doc string

// Rule fires on foreign datasets that nothing pins and that are trained on.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/thirdparty",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.002", "AML.T0115.000", "ML02:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0025", "AML.M0014", "AML.M0007"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindDataset) {
		if !e.Foreign() || e.Fixed() {
			continue
		}
		for _, p := range g.OutOf(e, threat.Query{Over: threat.Learning, Ends: func(x *threat.Element) bool { return x.Kind == threat.KindTraining }}) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.To()},
				Path:     p,
				Why:      fmt.Sprintf("%s learns from %s, which others made and may replace unnoticed", p.To().Title(), e.Title()),
			})
		}
	}
	return out
}
