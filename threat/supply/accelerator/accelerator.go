// Package accelerator finds private data on hardware that belongs to others.
package accelerator

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed accelerator.md
var doc string

// Rule fires on foreign or untrusted accelerators beside something that works
// on private data.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/accelerator",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.000", "LLM02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Low,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0012"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAccelerator) {
		if !e.Foreign() && !e.Untrusted() {
			continue
		}
		for _, x := range g.Beside(e, threat.KindModel, threat.KindAgent, threat.KindTraining, threat.KindEmbedder) {
			private := x.Private() || slices.ContainsFunc(g.Before(x), (*threat.Element).Private)
			if !private {
				continue
			}
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, x},
				Why:      fmt.Sprintf("%s works on private data, and %s, where it runs, belongs to others", x.Title(), e.Title()),
			})
		}
	}
	return out
}
