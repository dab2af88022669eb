// Package quantile expects of each row what models say of rows like it.
package quantile

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
)

//go:embed quantile.md
var doc string

// Attack takes rows for members of which the target is surer than of rows like them.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/quantile",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Bertran, Tang, Roth, Kearns, Morgenstern, Wu: Scalable Membership Inference Attacks via Quantile Regression, NeurIPS 2023, arXiv:2307.03694",
	Own:      true,
	Variants: []privacy.Variant{{Name: "90% quantile", Score: run}},
}

const level = 0.9

func run(_ context.Context, c *privacy.Case) ([]float64, error) {
	var rows [][]float64
	var odds []float64
	for _, i := range c.Own {
		rows, odds = append(rows, features(c, i)), append(odds, c.Odds[i])
	}
	q := score.FitQuantile(rows, odds, level)
	out := make([]float64, len(c.Odds))
	for i, v := range c.Odds {
		out[i] = v - q.Predict(features(c, i))
	}
	return out, nil
}

// features are those of the row, if they are known, and which label it has.
func features(c *privacy.Case, i int) []float64 {
	out := make([]float64, c.Classes)
	out[c.Labels[i]] = 1
	if len(c.Rows.X) > 0 {
		for _, v := range c.Rows.Row(i) {
			out = append(out, float64(v))
		}
	}
	return out
}
