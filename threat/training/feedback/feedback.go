// Package feedback finds models that learn from what strangers made them say.
package feedback

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed feedback.md
var doc string

// Rule fires on models whose inputs or outputs come back as training data
// while strangers use them.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/feedback",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0031", "AML.T0020", "ML08:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0007", "AML.M0025", "AML.M0008"},
}

func match(g *threat.Graph) (out []threat.Match) {
	isTraining := func(x *threat.Element) bool { return x.Kind == threat.KindTraining }
	for e := range g.All(threat.KindModel, threat.KindAgent) {
		users := g.Untrusted(e, threat.Content)
		if len(users) == 0 {
			continue
		}
		for _, back := range g.OutOf(e, threat.Query{Over: threat.Learning, Ends: isTraining}) {
			for _, again := range g.OutOf(back.To(), threat.Query{Over: threat.Learning, Ends: func(x *threat.Element) bool { return x == e }}) {
				out = append(out, threat.Match{
					Elements: append([]*threat.Element{e, back.To()}, threat.Sources(users)...),
					Path:     threat.Easiest(users).Then(back).Then(again),
					Why:      fmt.Sprintf("%s learns again from what it was asked and answered, and %s can ask", e.Title(), threat.Titles(threat.Sources(users))),
				})
			}
		}
	}
	return out
}
