// Package lira is the likelihood-ratio attack.
package lira

import (
	"context"
	_ "embed"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
)

//go:embed lira.md
var doc string

// Attack compares the target with shadow models that have the row, and with those that have not.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/lira",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:    "Carlini, Chien, Nasr, Song, Terzis, Tramer: Membership Inference Attacks From First Principles, IEEE S&P 2022, arXiv:2112.03570",
	Shadows:  true,
	Variants: variants(),
}

// enough is how many shadow models a variance for each row takes.
const enough = 64

func variants() []privacy.Variant {
	var out []privacy.Variant
	for _, online := range []bool{true, false} {
		for _, v := range []score.Variance{score.Global, score.Bayesian, score.PerExample} {
			name := "offline, " + v.String()
			if online {
				name = "online, " + v.String()
			}
			out = append(out, privacy.Variant{Name: name, Score: func(_ context.Context, c *privacy.Case) ([]float64, error) {
				if v == score.PerExample && c.Shadows.Models() < enough-1 { // one may play the target
					return make([]float64, len(c.Odds)), nil // says nothing, so it is not chosen
				}
				return score.LiRA(c.Odds, c.Shadows, online, v), nil
			}})
		}
	}
	return out
}
