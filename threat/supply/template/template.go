// Package template finds model files from others that bring their own prompt template.
package template

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed template.md
var doc string

// Rule fires on foreign weights in a format that carries a chat template.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/template",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0018.003", "AML.T0010.003", "LLM04:2026", "LLM05:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"scan/"},
	Mitigations: []string{"AML.M0014", "AML.M0008"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for _, e := range g.Weights() {
		if !e.Foreign() || e.Format != "gguf" && e.Format != "llamafile" {
			continue
		}
		out = append(out, threat.Match{
			Elements: []*threat.Element{e},
			Why:      fmt.Sprintf("%s was made by others, and the template inside it decides how every conversation is put to the model", e.Title()),
		})
	}
	return out
}
