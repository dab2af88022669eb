// Package scorer is exercise V04: copy a credit scorer from its answers, then
// meter, watch and mark the answers so that copying does not pay.
package scorer

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

// Exercise is V04, Steal the scorer, then stop the thief.
var Exercise = &lab.Exercise{
	ID:          "V04",
	Name:        "lab/privacy/scorer",
	Title:       "Steal the scorer, then stop the thief",
	Industry:    "finance",
	Minutes:     80,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-model-theft", "ai-telemetry", "ai-consumption"},
	Techniques:  []quintain.Technique{"AML.T0024.002", "AML.T0005.001", "AML.T0048.004", "AML.T0040", "ML05:2023"},
	Mitigations: []quintain.Technique{"AML.M0004", "AML.M0002", "AML.M0024"},
	Prereq:      []string{"F01", "V01"},
	Setup:       setup,
	Acts:        acts,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{
		{
			ID: "a", Mode: lab.Attack, Goal: "Copy it", HandIn: []string{"copy.onnx"},
			Checks: []lab.Check{{
				ID: "agree", Type: lab.Metric, What: "applicants of whom your copy says what the scorer says, against three thieves with the same calls", Op: lab.AtLeast, Limit: agreeLimit, Baseline: true,
				Show: "quintain lab act V04 measure copy.onnx", Measure: agreement,
			}},
		},
		{
			ID: "b", Mode: lab.Analyze, Goal: "Predict what hiding the confidences buys", HandIn: []string{"answer.yaml"},
			Checks: []lab.Check{{
				ID: "delta", Type: lab.Answer, What: "your loss of agreement within 0.04 of that of three thieves",
				Show: "quintain lab act V04 steal mixed labels 1000 labels.onnx", Measure: delta,
			}},
		},
		{
			ID: "c", Mode: lab.Defend, Goal: "Meter, detect, mark", HandIn: []string{"policy.yaml"},
			Checks: []lab.Check{
				{
					ID: "legit", Type: lab.Metric, What: "calls of honest clients that are refused", Op: lab.AtMost, Limit: 0.01,
					Show: replayCommand, Measure: refused,
				},
				{
					ID: "honest", Type: lab.Metric, What: "decisions that the mark changes", Op: lab.AtMost, Limit: changeLimit,
					Show: replayCommand, Measure: changed,
				},
				{
					ID: "thief", Type: lab.Metric, What: "agreement of the best of six thieves, against one who is told everything", Op: lab.AtMost, Limit: thiefLimit, Baseline: true,
					Show: replayCommand, Measure: best,
				},
				{
					ID: "own", Type: lab.Metric, What: "chance that a model not copied from yours says so often what the mark says", Op: lab.AtMost, Limit: 1e-6,
					Show: "quintain lab hint V04", Measure: owned,
				},
			},
		},
	},
}

const (
	agreeLimit    = -0.06
	changeLimit   = 0.08
	thiefLimit    = -0.08
	replayCommand = "quintain lab act V04 replay"
)
