// Package tampered finds predictions that pass through the hands of strangers.
package tampered

import (
	_ "embed"
	"fmt"

	"quintain"
	"quintain/threat"
)

//go:embed tampered.md
var doc string

// Rule fires on predictive models whose output passes something untrusted on
// the way to where it counts.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/tampered",
		Doc:        doc,
		Techniques: []quintain.Technique{"ML09:2023", "AML.T0031"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"sign/"},
	Mitigations: []string{"AML.M0019"},
}

func match(g *threat.Graph) (out []threat.Match) {
	on := make(map[*threat.Element]*threat.Path) // from a relay to who acts
	for e := range g.All(threat.KindModel) {
		if e.Reads() || e.Task == threat.TaskEmbed {
			continue
		}
		for _, to := range g.OutOf(e, threat.Query{Over: threat.Content, Ends: relay, Avoid: (*threat.Element).Untrusted}) {
			relay := to.To()
			if _, ok := on[relay]; !ok {
				on[relay] = threat.Easiest(g.OutOf(relay, threat.Query{Over: threat.Content, Ends: acts}))
			}
			if on[relay] == nil {
				continue
			}
			out = append(out, threat.Match{
				Elements: []*threat.Element{e, relay},
				Path:     to.Then(on[relay]),
				Why:      fmt.Sprintf("what %s decides passes %s, which strangers control, before %s acts on it", e.Title(), relay.Title(), on[relay].To().Title()),
			})
		}
	}
	return out
}

// relay reports whether e is untrusted and hands on what it gets.
func relay(e *threat.Element) bool {
	return e.Trust == threat.Untrusted && e.Kind != threat.KindHuman
}

// acts reports whether e is somebody or something of ours that acts.
func acts(e *threat.Element) bool {
	return e.Trust != threat.Untrusted && e.Is(threat.KindHuman, threat.KindAgent, threat.KindTool, threat.KindService)
}
