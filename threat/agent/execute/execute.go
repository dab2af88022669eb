// Package execute finds code execution that strangers can get an agent to use.
package execute

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed execute.md
var doc string

// Rule fires on tools that run code and that a reader of untrusted content can
// call.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/execute",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0050", "AML.T0105", "ASI05:2026", "LLM03:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Critical,
	Match:       match,
	Verify:      []string{"probe/tool/"},
	Mitigations: []string{"AML.M0032", "AML.M0029", "AML.M0030"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		from := g.Untrusted(e, threat.Content)
		if !e.Reads() || len(from) == 0 {
			continue
		}
		for _, p := range g.Uses(e, threat.Executes) {
			if !p.To().Is(threat.KindTool, threat.KindMCPServer, threat.KindSkill, threat.KindAgent) {
				continue // output that ends in a query is another rule's question
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, p.To()}, threat.Sources(from)...),
				Path:     threat.Easiest(from).Then(p),
				Why:      fmt.Sprintf("%s runs what %s writes, and %s can decide what that is", p.To().Title(), e.Title(), threat.Titles(threat.Sources(from))),
			})
		}
	}
	return out
}
