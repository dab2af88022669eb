// Package badge is exercise V03: read the secret badges of a door off its
// model, first from the weights, then from its answers, and then let the door
// say less.
package badge

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

const rehearsal = "quintain lab act V03 rehearse"

// Exercise is V03, Read the badge back.
var Exercise = &lab.Exercise{
	ID:          "V03",
	Name:        "lab/privacy/badge",
	Title:       "Read the badge back",
	Industry:    "government",
	Minutes:     60,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-privacy-attack", "ai-privacy-defense"},
	Techniques:  []quintain.Technique{"AML.T0024.001", "AML.T0044", "AML.T0040", "ML03:2023", "LLM02:2026"},
	Mitigations: []quintain.Technique{"AML.M0002", "AML.M0004", "AML.M0019"},
	Prereq:      []string{"V01"},
	Setup:       setup,
	Acts: []lab.Act{
		{Name: "ask", Usage: "IMAGE.png", Doc: "show an image to the closed door and read its confidences: one question", Run: askAct},
		{Name: "invert", Usage: "CLASS QUESTIONS IMAGE.png", Doc: "climb to an image of a class of the closed door by its answers alone", Run: invertAct},
		{Name: "rehearse", Usage: "", Doc: "let a day pass at practice doors under policy.yaml, thieves included", Run: rehearse},
	},
	Picture:   picture,
	Solutions: solutions,
	Stages: []lab.Stage{
		{
			ID: "a", Mode: lab.Attack, Goal: "Recover the code from the weights", HandIn: []string{codeA},
			Checks: []lab.Check{{
				ID: "code", Type: lab.Proof, What: "five or more of the six symbols of the open door",
				Show: "quintain model invert door.onnx --class 0 --steps 60 --rate 0.3 --blur 0.1", Measure: code("a", codeA, mostA),
			}},
		},
		{
			ID: "b", Mode: lab.Attack, Goal: "Recover four of six symbols from the answers of a door whose weights you do not have", HandIn: []string{codeB},
			Checks: []lab.Check{
				{
					ID: "code", Type: lab.Proof, What: "four or more of the six symbols of the closed door",
					Show: "quintain lab act V03 invert 0 3000 closed-0.png", Measure: code("b", codeB, mostB),
				},
				{
					ID: "q", Type: lab.Metric, What: "questions that the closed door was asked", Op: lab.AtMost, Limit: budget,
					Show: "quintain lab hint V03", Measure: queries,
				},
			},
		},
		{
			ID: "c", Mode: lab.Defend, Goal: "Cut the channel and keep the door working", HandIn: []string{policyFile},
			Checks: []lab.Check{
				{
					ID: "door", Type: lab.Metric, What: "visits decided rightly, at most 0.02 below the door that tells all", Op: lab.AtLeast, Limit: -0.02, Baseline: true,
					Show: rehearsal, Measure: accuracy,
				},
				{
					ID: "re-attack", Type: lab.Metric, What: "symbols of six that the best of four thieves finds, mean of five fresh doors", Op: lab.AtMost, Limit: 3,
					Show: rehearsal, Measure: reattack,
				},
			},
		},
	},
}
