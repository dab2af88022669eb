// Package unchecked finds invented answers that reach people where it matters.
package unchecked

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed unchecked.md
var doc string

// Rule fires on readers that work with health or financial data and answer
// people, with nothing to check the answer.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/unchecked",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0048.003", "LLM07:2026", "ASI09:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Low,
	Match:       match,
	Verify:      []string{"probe/truth/"},
	Mitigations: []string{"AML.M0029", "AML.M0020"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		matter := matters(g, e)
		if !e.Reads() || matter == nil {
			continue
		}
		heard := g.OutOf(e, threat.Query{
			Over: threat.Content, Ends: func(x *threat.Element) bool { return x.Kind == threat.KindHuman },
			Avoid: (*threat.Element).Reads,
		})
		heard = slices.DeleteFunc(heard, func(p *threat.Path) bool {
			return len(p.Guards)+len(p.Approvals) > 0 || p.To().Kind != threat.KindHuman
		})
		if len(heard) == 0 || len(g.Beside(e, threat.KindJudge, threat.KindGuard, threat.KindRetriever)) > 0 {
			continue
		}
		p := threat.Easiest(heard)
		out = append(out, threat.Match{
			Elements: []*threat.Element{e, matter},
			Path:     p,
			Why:      fmt.Sprintf("%s works with %s and answers %s, and nothing compares the answer with what is true", e.Title(), matter.Title(), p.To().Title()),
		})
	}
	return out
}

// matters returns an element with health or financial data that e works with,
// or nil.
func matters(g *threat.Graph, e *threat.Element) *threat.Element {
	for _, x := range append([]*threat.Element{e}, g.Before(e)...) {
		if x.Holds(threat.DataHealth) || x.Holds(threat.DataFinancial) {
			return x
		}
	}
	return nil
}
