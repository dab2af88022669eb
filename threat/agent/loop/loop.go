// Package loop finds agents that can keep each other busy for ever.
package loop

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed loop.md
var doc string

// Rule fires on agents that send each other work in a circle without a budget.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/loop",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0034.002", "ASI08:2026", "LLM06:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"guard/"},
	Mitigations: []string{"AML.M0036", "AML.M0004"},
}

func match(g *threat.Graph) (out []threat.Match) {
	isAgent := func(x *threat.Element) bool { return x.Kind == threat.KindAgent }
	for a := range g.All(threat.KindAgent) {
		back := g.Into(a, threat.Query{Over: threat.Content, Ends: isAgent, Forward: true})
		for _, there := range g.OutOf(a, threat.Query{Over: threat.Content, Ends: isAgent, Avoid: isAgent, Forward: true}) {
			b := there.To()
			i := slices.IndexFunc(back, func(p *threat.Path) bool { return p.From() == b })
			if b.ID < a.ID || i < 0 {
				continue // found from the other side, or no circle
			}
			circle := there.Then(back[i])
			if slices.ContainsFunc(circle.Elements, func(x *threat.Element) bool { return len(g.Beside(x, threat.KindBudget)) > 0 }) {
				continue
			}
			out = append(out, threat.Match{
				Elements: []*threat.Element{a, b},
				Path:     circle,
				Why:      fmt.Sprintf("%s and %s send each other work in a circle, and no budget ends it", a.Title(), b.Title()),
			})
		}
	}
	return out
}
