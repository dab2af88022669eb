// Package approval finds approvals that rest on what an agent says.
package approval

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed approval.md
var doc string

// Rule fires on approvals whose request is worded by a reader of untrusted
// content.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/approval",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0067", "ASI09:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Low,
	Match:       match,
	Verify:      []string{"guard/"},
	Mitigations: []string{"AML.M0018", "AML.M0024"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindApproval) {
		for _, p := range g.Into(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads}) {
			from := g.Untrusted(p.From(), threat.Content)
			if len(from) == 0 {
				continue
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, p.From()}, threat.Sources(from)...),
				Path:     threat.Easiest(from).Then(p),
				Why:      fmt.Sprintf("whoever decides at %s sees what %s says, and %s can tell it what to say", e.Title(), p.From().Title(), threat.Titles(threat.Sources(from))),
			})
		}
	}
	return out
}
