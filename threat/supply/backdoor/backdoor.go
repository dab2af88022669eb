// Package backdoor finds weights of unknown origin that are used as they came.
package backdoor

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed backdoor.md
var doc string

// Rule fires on public weights that are not only the start of training.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/backdoor",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0018.000", "AML.T0043.004", "ML10:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0008", "AML.M0014"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for _, e := range g.Weights() {
		if e.Provenance.Origin != threat.Public || onlyTrained(g, e) {
			continue
		}
		out = append(out, threat.Match{
			Elements: []*threat.Element{e},
			Why:      fmt.Sprintf("%s was trained by somebody unknown, on data nobody here has seen, and is used as it came", e.Title()),
		})
	}
	return out
}

// onlyTrained reports whether e goes into training and nowhere else; what is
// wrong with that is another rule's question.
func onlyTrained(g *threat.Graph, e *threat.Element) bool {
	after := g.After(e)
	return len(after) > 0 && !slices.ContainsFunc(after, func(x *threat.Element) bool { return x.Kind != threat.KindTraining })
}
