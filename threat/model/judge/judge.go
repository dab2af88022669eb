// Package judge finds guards and judges that can be talked to.
package judge

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed judge.md
var doc string

// Rule fires on guards and judges that are language models and read what
// strangers wrote.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/judge",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0054", "AML.T0051", "LLM01:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"probe/injection/"},
	Mitigations: []string{"AML.M0020", "AML.M0035"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindGuard, threat.KindJudge) {
		from := g.Untrusted(e, threat.Content)
		if !e.Reads() || len(from) == 0 {
			continue
		}
		out = append(out, threat.Match{
			Elements: append([]*threat.Element{e}, threat.Sources(from)...),
			Path:     threat.Easiest(from),
			Why:      fmt.Sprintf("%s is a language model and reads what %s wrote, so it can be talked into letting it pass", e.Title(), threat.Titles(threat.Sources(from))),
		})
	}
	return out
}
