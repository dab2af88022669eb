// Package crossuser finds retrieval of private documents for people who are not trusted.
package crossuser

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed crossuser.md
var doc string

// Rule fires on indexes of private data whose passages reach strangers over a
// reader.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/rag/crossuser",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0085.000", "AML.T0057", "LLM09:2026", "LLM02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/rag/"},
	Mitigations: []string{"AML.M0026", "AML.M0032"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindVectorStore, threat.KindRetriever) {
		if e.Kind == threat.KindRetriever && len(g.Beside(e, threat.KindVectorStore)) > 0 {
			continue // the index is the subject
		}
		private := g.Into(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Private, Avoid: (*threat.Element).Reads})
		if len(private) == 0 && !e.Private() {
			continue
		}
		for _, p := range g.Audience(e) {
			if p.To().Kind != threat.KindHuman || !slices.ContainsFunc(p.Interior(), (*threat.Element).Reads) {
				continue
			}
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, p.To()}, threat.Sources(private)...),
				Path:     p,
				Why:      fmt.Sprintf("passages of private documents go from %s to %s, and nothing in the drawing limits whose", e.Title(), p.To().Title()),
			})
		}
	}
	return out
}
