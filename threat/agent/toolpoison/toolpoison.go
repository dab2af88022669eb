// Package toolpoison finds untrusted tools beside tools with consequences.
package toolpoison

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed toolpoison.md
var doc string

// Rule fires on tools that strangers control, offered to a reader that has
// other tools worth misusing.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/toolpoison",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0110", "AML.T0110.002", "AML.T0099", "ASI04:2026", "ASI02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/tool/"},
	Mitigations: []string{"AML.M0028", "AML.M0030", "AML.M0032"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		if !e.Reads() {
			continue
		}
		worth := threat.Sinks(g.Uses(e, threat.ReadsPrivate, threat.SendsOut, threat.Writes, threat.Deletes, threat.Executes, threat.Pays))
		for _, t := range g.Beside(e, threat.KindTool, threat.KindMCPServer, threat.KindSkill) {
			others := slices.DeleteFunc(slices.Clone(worth), func(x *threat.Element) bool { return x == t })
			if t.Trust != threat.Untrusted || len(others) == 0 {
				continue
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, t}, others...),
				Why:      fmt.Sprintf("strangers word the descriptions and results of %s, and %s has %s beside it", t.Title(), e.Title(), threat.Titles(others)),
			})
		}
	}
	return out
}
