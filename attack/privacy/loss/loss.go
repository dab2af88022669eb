// Package loss takes for members what a model is sure of.
package loss

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/privacy"
)

//go:embed loss.md
var doc string

// Attack takes rows with a small loss for members.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/loss",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Yeom, Giacomelli, Fredrikson, Jha: Privacy Risk in Machine Learning, CSF 2018, arXiv:1709.01604",
	Variants: []privacy.Variant{{Name: "loss", Score: run}},
}

// run returns the log odds, which order rows as their losses do.
func run(_ context.Context, c *privacy.Case) ([]float64, error) { return c.Odds, nil }
