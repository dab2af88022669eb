// Package flood finds models that strangers can keep busy without a limit.
package flood

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed flood.md
var doc string

// Rule fires on readers that strangers reach and no budget stands beside.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/flood",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0034", "AML.T0029", "LLM06:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"guard/"},
	Mitigations: []string{"AML.M0004", "AML.M0036"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		if !e.Reads() {
			continue
		}
		from := append(g.Told(e), g.Finds(e)...)
		if len(from) == 0 || limited(g, e, from) {
			continue
		}
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sources(from)...),
			Path:     threat.Easiest(from),
			Why:      fmt.Sprintf("%s can make %s work, and no budget limits how much", threat.Titles(threat.Sources(from)), e.Title()),
		})
	}
	return out
}

// limited reports whether a budget stands beside e or on every way to it.
func limited(g *threat.Graph, e *threat.Element, from []*threat.Path) bool {
	if len(g.Beside(e, threat.KindBudget)) > 0 {
		return true
	}
	return !slices.ContainsFunc(from, func(p *threat.Path) bool {
		return !slices.ContainsFunc(p.Elements, func(x *threat.Element) bool { return len(g.Beside(x, threat.KindBudget)) > 0 })
	})
}
