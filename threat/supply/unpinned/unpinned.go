// Package unpinned finds models from others that could be replaced unnoticed.
package unpinned

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed unpinned.md
var doc string

// Rule fires on weights made by others that no signature or digest holds fast.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/unpinned",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.003", "AML.T0115.001", "ML06:2023", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0014", "AML.M0013", "AML.M0023"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for _, e := range g.Weights() {
		if !e.Foreign() || e.Fixed() {
			continue
		}
		m := threat.Match{Elements: []*threat.Element{e}}
		if e.Provenance.Origin == threat.Vendor {
			m.Severity = quintain.Medium
		}
		m.Why = fmt.Sprintf("%s was made by others, and neither a signature nor a digest is checked before it is used", e.Title())
		out = append(out, m)
	}
	return out
}
