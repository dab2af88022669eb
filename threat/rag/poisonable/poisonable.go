// Package poisonable finds knowledge that strangers can write to and a model reads.
package poisonable

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed poisonable.md
var doc string

// Rule fires on indexes and retrievers that untrusted content reaches and a
// reader uses.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/rag/poisonable",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0070", "AML.T0066", "LLM09:2026", "ASI06:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"probe/rag/"},
	Mitigations: []string{"AML.M0020", "AML.M0025"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindVectorStore, threat.KindRetriever) {
		if e.Kind == threat.KindRetriever && len(g.Beside(e, threat.KindVectorStore)) > 0 {
			continue // the index is the subject
		}
		readers := g.OutOf(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Reads, Avoid: (*threat.Element).Reads})
		if len(readers) == 0 {
			continue
		}
		reads := threat.Easiest(readers)
		for _, p := range g.Into(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Untrusted, Avoid: func(x *threat.Element) bool {
			return x.Untrusted() || x.Reads() // what is asked is not what is indexed
		}}) {
			out = append(out, threat.Match{
				Elements: append([]*threat.Element{e, p.From()}, threat.Sinks(readers)...),
				Path:     p.Then(reads),
				Why:      fmt.Sprintf("%s can place text in %s, and %s reads it as knowledge", p.From().Title(), e.Title(), reads.To().Title()),
			})
		}
	}
	return out
}
