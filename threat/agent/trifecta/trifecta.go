// Package trifecta finds readers in which untrusted content, private data and a way out meet.
package trifecta

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed trifecta.md
var doc string

// Rule fires on every reader in which the three first meet.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/trifecta",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0086", "AML.T0085.001", "LLM02:2026", "LLM03:2026", "ASI02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Critical,
	Match:       match,
	Verify:      []string{"probe/injection/"},
	Mitigations: []string{"AML.M0030", "AML.M0029", "AML.M0032"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for _, t := range g.Trifectas() {
		out = append(out, threat.Match{
			Elements: t.Parties(),
			Path:     t.Walk(),
			Why: fmt.Sprintf("in %s content from %s meets private data from %s and a way out over %s", t.Reader.Title(),
				threat.Titles(threat.Sources(t.Untrusted)), threat.Titles(threat.Sources(t.Private)), threat.Titles(threat.Sinks(t.Out))),
			Unreachable: t.Cut(),
		})
	}
	return out
}
