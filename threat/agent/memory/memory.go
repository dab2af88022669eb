// Package memory finds memories that strangers can write to.
package memory

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed memory.md
var doc string

// Rule fires on memories that untrusted content reaches and a reader recalls.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/memory",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0080.000", "ASI06:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/memory/"},
	Mitigations: []string{"AML.M0031", "AML.M0035"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindMemory) {
		readers := g.OutOf(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads})
		if len(readers) == 0 {
			continue
		}
		recalls := threat.Easiest(readers)
		for _, p := range g.Untrusted(e, threat.Content) {
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, p.From()}, threat.Sinks(readers)...),
				Path:     p.Then(recalls),
				Why:      fmt.Sprintf("what comes from %s can be remembered in %s and recalled by %s in later conversations", p.From().Title(), e.Title(), recalls.To().Title()),
			})
		}
	}
	return out
}
