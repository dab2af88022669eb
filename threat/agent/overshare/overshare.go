// Package overshare finds private data that an agent can tell people who are not trusted.
package overshare

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed overshare.md
var doc string

// Rule fires on readers with private data at hand that answer untrusted people.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/agent/overshare",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0057", "AML.T0085.001", "LLM02:2026", "DSGAI01:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/injection/direct"},
	Mitigations: []string{"AML.M0027", "AML.M0026", "AML.M0020"},
}

func match(g *threat.Graph) (out []threat.Match) {
	index := func(x *threat.Element) bool { return x.Is(threat.KindVectorStore, threat.KindRetriever) }
	for e := range g.All(threat.KindAgent, threat.KindModel) {
		if !e.Reads() {
			continue
		}
		private := g.Into(e, threat.Query{Over: threat.Content, Ends: func(x *threat.Element) bool {
			return x.Private() && !index(x) && !x.Is(threat.KindHuman, threat.KindSysPrompt, threat.KindPrompt)
		}, Avoid: func(x *threat.Element) bool { return x.Private() || x.Reads() || index(x) }})
		if e.Private() {
			private = append(private, &threat.Path{Elements: []*threat.Element{e}})
		}
		people := g.OutOf(e, threat.Query{Over: threat.Content, Ends: untrusted, Avoid: (*threat.Element).Reads})
		if len(private) == 0 || len(people) == 0 {
			continue
		}
		out = append(out, threat.Match{
			Elements: append(append([]*threat.Element{e}, threat.Sources(private)...), threat.Sinks(people)...),
			Path:     threat.Easiest(private).Then(threat.Easiest(people)),
			Why: fmt.Sprintf("%s can look into %s and answers %s; what keeps one person's data from another is the model's judgment", e.Title(),
				threat.Titles(threat.Sources(private)), threat.Titles(threat.Sinks(people))),
		})
	}
	return out
}

func untrusted(e *threat.Element) bool {
	return e.Kind == threat.KindHuman && e.Trust == threat.Untrusted
}
