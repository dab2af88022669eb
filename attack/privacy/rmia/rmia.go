// Package rmia is the robust attack with few shadow models.
package rmia

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
)

//go:embed rmia.md
var doc string

// Attack compares how likely the target makes a row with how likely others do, and that with other rows.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/rmia",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Zarifzadeh, Liu, Shokri: Low-Cost High-Power Membership Inference Attacks, ICML 2024, arXiv:2312.03262, offline with gamma 1",
	Shadows:  true,
	Variants: variants(),
}

func variants() []privacy.Variant {
	var out []privacy.Variant
	for _, a := range []float64{0.3, 0, 0.1, 0.5, 0.7, 1} { // the first where all are equal
		out = append(out, privacy.Variant{Name: fmt.Sprintf("offline, a=%.1f", a), Score: func(_ context.Context, c *privacy.Case) ([]float64, error) {
			return score.RMIA(c.Odds, c.Shadows, a, 1, nil), nil
		}})
	}
	return out
}
