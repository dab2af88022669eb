// Package evasion finds predictive models whose input strangers choose.
package evasion

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed evasion.md
var doc string

// Rule fires on models that sort, estimate or rank what untrusted elements
// send them.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/evasion",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0015", "AML.T0043", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"attack/evasion/"},
	Mitigations: []string{"AML.M0003", "AML.M0015", "AML.M0010"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindModel) {
		from := g.Untrusted(e, threat.Content)
		if e.Reads() || e.Task == threat.TaskEmbed || len(from) == 0 {
			continue
		}
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sources(from)...),
			Path:     threat.Easiest(from),
			Why:      fmt.Sprintf("%s decides about input that %s can choose", e.Title(), threat.Titles(threat.Sources(from))),
		})
	}
	return out
}
