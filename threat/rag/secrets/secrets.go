// Package secrets finds credentials that retrieval can hand to a model.
package secrets

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed secrets.md
var doc string

// Rule fires on indexes and retrievers that hold or reach secrets and serve a
// reader.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/rag/secrets",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0082", "LLM02:2026", "DSGAI02:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/rag/"},
	Mitigations: []string{"AML.M0026", "AML.M0027"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindVectorStore, threat.KindRetriever) {
		if e.Kind == threat.KindRetriever && len(g.Beside(e, threat.KindVectorStore)) > 0 {
			continue // the index is the subject
		}
		secrets := g.Into(e, threat.Query{Over: threat.Content, Ends: secret, Avoid: (*threat.Element).Reads})
		if secret(e) {
			secrets = append(secrets, &threat.Path{Elements: []*threat.Element{e}})
		}
		readers := g.OutOf(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads})
		if len(secrets) == 0 || len(readers) == 0 {
			continue
		}
		reads := threat.Easiest(readers)
		for _, p := range secrets {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From(), reads.To()},
				Path:     p.Then(reads),
				Why:      fmt.Sprintf("credentials in %s can be found through %s and end up in what %s reads", p.From().Title(), e.Title(), reads.To().Title()),
			})
		}
	}
	return out
}

func secret(e *threat.Element) bool {
	return e.Kind == threat.KindSecret || e.Holds(threat.DataSecret)
}
