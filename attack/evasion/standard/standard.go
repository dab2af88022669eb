// Package standard is the standard evaluation: several attacks that differ in
// what stops them, one after the other.
package standard

import (
	_ "embed"

	"quintain"
	"quintain/attack/evasion"
)

//go:embed standard.md
var doc string

// Attack mounts apgd up the cross-entropy and toward each likely class, fab,
// and square, each on the rows that still stand. Of a model that answers with
// labels only hopskipjump is all that applies.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/standard",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0043.001", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Croce, Hein: Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks, ICML 2020, arXiv:2003.01690, " +
		"section 5; the guidelines from Carlini et al.: On Evaluating Adversarial Robustness, 2019, arXiv:1902.06705",
	Queries: 5000,
	Parts:   []string{"attack/evasion/apgd", "attack/evasion/fab", "attack/evasion/square"},
	Else:    []string{"attack/evasion/hopskipjump"},
}
