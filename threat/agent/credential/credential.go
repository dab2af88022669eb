// Package credential finds credentials in the context of a reader that strangers reach.
package credential

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed credential.md
var doc string

// Rule fires on secrets that flow into what a reader of untrusted content reads.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/credential",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0083", "AML.T0055", "ASI03:2026", "LLM08:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/secret/"},
	Mitigations: []string{"AML.M0026", "AML.M0027", "AML.M0012"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for s := range g.All(threat.KindSecret) {
		into := g.OutOf(s, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: func(x *threat.Element) bool {
			return !x.Is(threat.KindContext, threat.KindPrompt, threat.KindSysPrompt, threat.KindMemory, threat.KindSkill)
		}})
		for _, p := range into {
			e := p.To()
			from := g.Untrusted(e, threat.Content)
			if len(from) == 0 {
				continue
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, s}, threat.Sources(from)...),
				Path:     p,
				Why:      fmt.Sprintf("%s has %s in its context, and %s can tell it what to do with it", e.Title(), s.Title(), threat.Titles(threat.Sources(from))),
			})
		}
	}
	return out
}
