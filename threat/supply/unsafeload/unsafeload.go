// Package unsafeload finds model files whose format runs code when they are loaded.
package unsafeload

import (
	_ "embed"
	"fmt"
	"slices"

	"quintain"
	"quintain/threat"
)

//go:embed unsafeload.md
var doc string

// Rule fires on weights in a format that carries code, unless they were made
// in-house and are checked against a signature or digest.
var Rule = &threat.Rule{
	Check: quintain.Check{
		Name:       "threat/supply/unsafeload",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "ML06:2023", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindSystem},
	},
	Version:     1,
	Severity:    quintain.High,
	Match:       match,
	Verify:      []string{"scan/"},
	Mitigations: []string{"AML.M0011", "AML.M0016", "AML.M0013"},
}

// formats are those that can name functions for the loader to call, by file
// extension or by name.
var formats = []string{
	"pickle", "pkl", "pt", "pth", "pytorch", "bin", "ckpt", "joblib", "dill", "mar", "nemo", "h5", "hdf5", "keras", "pb", "savedmodel", "llamafile",
}

func match(g *threat.Graph) (out []threat.Match) {
	for _, e := range g.Weights() {
		if !slices.Contains(formats, e.Format) || !e.Foreign() && e.Fixed() {
			continue
		}
		m := threat.Match{Elements: []*threat.Element{e}}
		if e.Foreign() {
			m.Why = fmt.Sprintf("%s was made by others and is a %s file, which can run code when it is loaded", e.Title(), e.Format)
		} else {
			m.Severity = quintain.Medium
			m.Why = fmt.Sprintf("%s is a %s file, which can run code when it is loaded, and nobody would notice that it was replaced", e.Title(), e.Format)
		}
		out = append(out, m)
	}
	return out
}
