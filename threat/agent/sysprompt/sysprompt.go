// Package sysprompt finds standing instructions that strangers can ask for.
package sysprompt

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed sysprompt.md
var doc string

// Rule fires on system prompts whose reader hears strangers and answers them.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/sysprompt",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0056", "AML.T0069.002", "LLM08:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"probe/sysprompt"},
	Mitigations: []string{"AML.M0020", "AML.M0005"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for s := range g.All(threat.KindSysPrompt) {
		for _, in := range g.OutOf(s, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads}) {
			e := in.To()
			heard := append(g.Audience(e), g.Uses(e, threat.SendsOut)...)
			if len(g.Untrusted(e, threat.Content)) == 0 || len(heard) == 0 {
				continue
			}
			p := threat.Easiest(heard)
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, s}, readers(p)...),
				Path:     in.Then(p),
				Why:      fmt.Sprintf("%s has %s in its context, strangers reach it, and what it says reaches %s", e.Title(), s.Title(), p.To().Title()),
			})
		}
	}
	return out
}

// readers returns the other readers that p passes: the one that is tested may
// be among them.
func readers(p *threat.Path) []*threat.Element {
	return slices.DeleteFunc(slices.Clone(p.Interior()), func(x *threat.Element) bool { return !x.Reads() })
}
