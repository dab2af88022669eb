// Package output finds model output that is run or rendered as it comes.
package output

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed output.md
var doc string

// Rule fires where a reader that strangers can instruct writes to something
// that renders or runs what it gets.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/output",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0077", "LLM10:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/output/"},
	Mitigations: []string{"AML.M0033", "AML.M0020"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		from := g.Untrusted(e, threat.Content)
		if !e.Reads() || len(from) == 0 {
			continue
		}
		for _, p := range g.Uses(e, threat.Renders, threat.Executes) {
			sink := p.To()
			if sink == e || !sink.Has(threat.Renders) && !sink.Is(threat.KindService, threat.KindStore) {
				continue // running code on purpose is another rule's question
			}
			does := "renders"
			if !sink.Has(threat.Renders) {
				does = "runs"
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, sink}, threat.Sources(from)...),
				Path:     threat.Easiest(from).Then(p),
				Why:      fmt.Sprintf("%s %s what %s writes, and %s can decide what that is", sink.Title(), does, e.Title(), threat.Titles(threat.Sources(from))),
			})
		}
	}
	return out
}
