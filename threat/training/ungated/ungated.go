// Package ungated finds training whose result goes into service unchecked.
package ungated

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed ungated.md
var doc string

// Rule fires on training with inputs from others and no evaluation.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/training/ungated",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0018.000", "ML10:2023", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/poisoning/"},
	Mitigations: []string{"AML.M0008", "AML.M0005"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindTraining) {
		outside := g.Into(e, threat.Query{Over: threat.Learning, Ends: func(x *threat.Element) bool { return x.Untrusted() || x.Foreign() }})
		served := g.OutOf(e, threat.Query{Over: threat.Learning, Ends: func(x *threat.Element) bool {
			return x.Is(threat.KindModel, threat.KindAgent, threat.KindRegistry, threat.KindService)
		}})
		if len(outside) == 0 || len(served) == 0 || checked(g, e, served) {
			continue
		}
		p := threat.Easiest(served)
		out = append(out, threat.Match{
			Elements: []*threat.Element{e, p.To()},
			Path:     threat.Easiest(outside).Then(p),
			Why:      fmt.Sprintf("what %s makes from the data and weights of others becomes %s, and nothing evaluates it in between", e.Title(), p.To().Title()),
		})
	}
	return out
}

// checked reports whether an evaluation stands beside the training or beside
// what it produces.
func checked(g *threat.Graph, e *threat.Element, served []*threat.Path) bool {
	for _, x := range append(threat.Sinks(served), e) {
		if len(g.Beside(x, threat.KindEvalSet, threat.KindJudge, threat.KindApproval)) > 0 {
			return true
		}
	}
	return false
}
