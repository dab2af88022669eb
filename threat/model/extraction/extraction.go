// Package extraction finds models of our own that strangers can question and hear.
package extraction

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed extraction.md
var doc string

// Rule fires on models made in-house whose input and output the same
// stranger has.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/model/extraction",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0048.004", "ML05:2023", "DSGAI20:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.Medium,
	Match:       match,
	Verify:      []string{"attack/extraction/"},
	Mitigations: []string{"AML.M0004", "AML.M0002"},
}

func match(g *threat.Graph) (out []threat.Match) {
	for e := range g.All(threat.KindModel) {
		if e.Foreign() {
			continue
		}
		for _, asks := range g.Untrusted(e, threat.Content) {
			for _, hears := range g.Audience(e) {
				if asks.From() != hears.To() || reader(asks) || reader(hears) {
					continue
				}
				out = append(out, threat.Match{
					Elements: []*threat.Element{e, asks.From()},
					Path:     asks.Then(hears),
					Why:      fmt.Sprintf("%s can ask %s as often as the limits allow and learn from the answers", asks.From().Title(), e.Title()),
				})
			}
		}
	}
	return out
}

// reader reports whether something else that reads instructions stands on p,
// so that the answers are no longer those of the model.
func reader(p *threat.Path) bool {
	return slices.ContainsFunc(p.Interior(), (*threat.Element).Reads)
}
