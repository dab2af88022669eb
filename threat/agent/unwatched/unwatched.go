// Package unwatched finds agents that act without leaving a trace.
package unwatched

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed unwatched.md
var doc string

// Rule fires on agents with consequences and no telemetry beside them.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/unwatched",
		Doc:        doc,
		Techniques: []quintain.Technique{"ASI10:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Low,
	Match:       match,
	Verify:      []string{"guard/"},
	Mitigations: []string{"AML.M0024"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent) {
		able := g.Uses(e, threat.SendsOut, threat.Writes, threat.Deletes, threat.Executes, threat.Pays)
		if len(able) == 0 || len(g.Beside(e, threat.KindTelemetry)) > 0 {
			continue
		}
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sinks(able)...),
			Why:      fmt.Sprintf("%s acts by way of %s, and nothing records what it did", e.Title(), threat.Titles(threat.Sinks(able))),
		})
	}
	return out
}
