// Package privilege finds tools that strangers can get an agent to use.
package privilege

import (
	_ "embed"
	"fmt"
	"strings"

	"quintain"
	"quintain/threat"
)

//go:embed privilege.md
var doc string

// Rule fires on tools that write, delete or pay and that a reader of untrusted
// content can call.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/privilege",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0053", "AML.T0101", "LLM03:2026", "ASI02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/tool/"},
	Mitigations: []string{"AML.M0028", "AML.M0029", "AML.M0030"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		from := g.Untrusted(e, threat.Content)
		if !e.Reads() || len(from) == 0 {
			continue
		}
		for _, p := range g.Uses(e, threat.Writes, threat.Deletes, threat.Pays) {
			tool := p.To()
			m := threat.Match{
				Elements: append([]*threat.Element{e, tool}, threat.Sources(from)...),
				Path:     threat.Easiest(from).Then(p),
				Why:      fmt.Sprintf("%s %s, %s can make it do so, and %s can tell %s what to do", tool.Title(), does(tool), e.Title(), threat.Titles(threat.Sources(from)), e.Title()),
			}
			if !tool.Has(threat.Deletes) && !tool.Has(threat.Pays) {
				m.Severity = quintain.Medium
			}
			out = append(out, m)
		}
	}
	return out
}

// does names what a tool does.
func does(e *threat.Element) string {
	var words []string
	for _, a := range []threat.Ability{threat.Writes, threat.Deletes, threat.Pays} {
		if e.Has(a) {
			words = append(words, string(a))
		}
	}
	return strings.Join(words, " and ")
}
