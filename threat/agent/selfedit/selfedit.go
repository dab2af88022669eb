// Package selfedit finds agents that can change their own instructions.
package selfedit

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed selfedit.md
var doc string

// Rule fires on prompts and skills that a reader of untrusted content can write
// and reads again.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/selfedit",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0081", "AML.T0018.003", "ASI10:2026", "ASI06:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/memory/"},
	Mitigations: []string{"AML.M0026", "AML.M0032"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent) {
		from := g.Untrusted(e, threat.Content)
		if len(from) == 0 {
			continue
		}
		config := func(x *threat.Element) bool { return x.Is(threat.KindSysPrompt, threat.KindPrompt, threat.KindSkill) }
		for _, edits := range g.OutOf(e, threat.Query{Over: threat.Content, Ends: config, Avoid: (*threat.Element).Reads, Forward: true}) {
			for _, again := range g.OutOf(edits.To(), threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads}) {
				out = append(out, threat.Match{
					Elements: append([]*threat.Element{e, edits.To(), again.To()}, threat.Sources(from)...),
					Path:     threat.Easiest(from).Then(edits).Then(again),
					Why: fmt.Sprintf("%s can change %s, which instructs %s, and %s can tell it how", e.Title(), edits.To().Title(), again.To().Title(),
						threat.Titles(threat.Sources(from))),
				})
			}
		}
	}
	return out
}
