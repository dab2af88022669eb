// Package handoff finds agents that take orders from agents that strangers reach.
package handoff

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed handoff.md
var doc string

// Rule fires on agents that can act and that get content from another agent
// which reads strangers' content.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/handoff",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0061", "AML.T0053", "ASI07:2026", "ASI08:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/injection/"},
	Mitigations: []string{"AML.M0033", "AML.M0032", "AML.M0029"},
}

func match(g *threat.Graph) (out []threat.Match) {
	abilities := []threat.Ability{threat.ReadsPrivate, threat.SendsOut, threat.Writes, threat.Deletes, threat.Executes, threat.Pays}
	isAgent := func(x *threat.Element) bool { return x.Kind == threat.KindAgent }
	for e := range g.All(threat.KindAgent) {
		able := g.Uses(e, abilities...)
		if len(able) == 0 {
			continue
		}
		for _, p := range g.Into(e, threat.Query{Over: threat.Content, Ends: isAgent, Avoid: (*threat.Element).Reads, Forward: true}) {
			from := append(g.Told(p.From()), g.Finds(p.From())...)
			if len(from) == 0 {
				continue
			}
			first := threat.Easiest(from)
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From(), first.From()},
				Path:     first.Then(p),
				Why: fmt.Sprintf("%s believes what %s hands on, %s can tell that one what to say, and %s can use %s", e.Title(), p.From().Title(),
					first.From().Title(), e.Title(), threat.Titles(threat.Sinks(able))),
			})
		}
	}
	return out
}
