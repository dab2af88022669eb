// Package gap takes for members what a model gets right.
package gap

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/privacy"
)

//go:embed gap.md
var doc string

// Attack takes rows that the target classifies correctly for members.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/gap",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Yeom, Giacomelli, Fredrikson, Jha: Privacy Risk in Machine Learning, CSF 2018, arXiv:1709.01604",
	Variants: []privacy.Variant{{Name: "right or wrong", Score: run}},
}

func run(_ context.Context, c *privacy.Case) ([]float64, error) {
	out := make([]float64, len(c.Right))
	for i, right := range c.Right {
		if right {
			out[i] = 1
		}
	}
	return out, nil
}
