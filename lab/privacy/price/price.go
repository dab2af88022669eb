// Package price is exercise V02: retrain the model of a medical trial so that it
// stops telling who took part, and state the price.
package price

import (
	_ "embed"
	"strings"

	"quintain"
	"quintain/lab"
)

//go:embed brief.md
var brief string

//go:embed lesson.md
var lesson string

//go:embed solution.md
var solution string

//go:embed hints.txt
var hints string

// Exercise is V02, Pay the privacy price.
var Exercise = &lab.Exercise{
	ID:          "V02",
	Name:        "lab/privacy/price",
	Title:       "Pay the privacy price",
	Industry:    "healthcare",
	Minutes:     60,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-privacy-defense", "br-ml-data", "an-risk"},
	Techniques:  []quintain.Technique{"AML.T0024.000", "ML04:2023", "LLM02:2026"},
	Mitigations: []quintain.Technique{"AML.M0002", "AML.M0003"},
	Prereq:      []string{"V01"},
	Setup:       setup,
	Acts: []lab.Act{{
		Name: "rehearse", Usage: "",
		Doc: "train by recipe.yaml on patients of other trials, and attack what comes out",
		Run: rehearse,
	}},
	Picture:   picture,
	Solutions: solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Defend,
		Goal:   "Retrain, and put both numbers on one page",
		HandIn: []string{recipeFile, pageFile},
		Checks: []lab.Check{
			{
				ID: "utility", Type: lab.Metric, What: "accuracy on fresh patients, at most 0.10 below the sponsor's", Op: lab.AtLeast, Limit: -0.10, Baseline: true,
				Show: "quintain lab act V02 rehearse", Measure: utility,
			},
			{
				ID: "auc", Type: lab.Metric, What: "the better attacker's mean area under the curve, five fresh trials", Op: lab.AtMost, Limit: 0.68,
				Show: "quintain lab act V02 rehearse", Measure: area,
			},
			{
				ID: "tpr", Type: lab.Metric, What: "members found where 10 % of the strangers are accused", Op: lab.AtMost, Limit: 0.28,
				Show: "quintain lab act V02 rehearse", Measure: found,
			},
			{
				ID: "epsilon", Type: lab.Answer, What: "epsilon of your recipe at delta 1e-3, as the accountant computes it",
				Show: "quintain model epsilon --help", Measure: epsilon,
			},
			{
				ID: "uncovered", Type: lab.Answer, What: "the statements that your epsilon does not cover, all of them and no other",
				Show: "quintain lab lesson V02", Measure: uncovered,
			},
		},
	}},
}
