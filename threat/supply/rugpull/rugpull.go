// Package rugpull finds tools from others that may change after they were reviewed.
package rugpull

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed rugpull.md
var doc string

// Rule fires on foreign tools, servers and skills that an agent uses and
// nothing pins.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/rugpull",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0109", "AML.T0110.000", "ASI04:2026", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0014", "AML.M0013", "AML.M0028"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindTool, threat.KindMCPServer, threat.KindSkill) {
		if !e.Foreign() || e.Fixed() {
			continue
		}
		for _, r := range g.Beside(e, threat.KindAgent, threat.KindModel) {
			if !r.Reads() {
				continue
			}
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, r},
				Why:      fmt.Sprintf("%s was made by others and is not pinned: what it offers %s tomorrow is not what was reviewed", e.Title(), r.Title()),
			})
		}
	}
	return out
}
