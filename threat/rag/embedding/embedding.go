// Package embedding finds private text that is embedded or indexed by others.
package embedding

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed embedding.md
var doc string

// Rule fires on untrusted embedding models and indexes that private data
// reaches.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/rag/embedding",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.001", "LLM09:2026", "LLM02:2026", "DSGAI18:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/privacy/"},
	Mitigations: []string{"AML.M0012", "AML.M0005"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindEmbedder, threat.KindVectorStore) {
		if e.Trust != threat.Untrusted {
			continue
		}
		for _, p := range g.Into(e, threat.Query{Over: threat.Content, Ends: (*threat.Element).Private, Avoid: func(x *threat.Element) bool { return x.Private() || x.Trust == threat.Untrusted }}) {
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, p.From()},
				Path:     p,
				Why:      fmt.Sprintf("%s belongs to others and gets text or vectors from %s, and vectors can be turned back into text", e.Title(), p.From().Title()),
			})
		}
	}
	return out
}
