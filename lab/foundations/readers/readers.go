// Package readers is exercise F03: a filter that reads words stands before an
// assistant that reads tokens, and they do not agree on what was written.
package readers

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

// Exercise is F03, Two readers, one message.
var Exercise = &lab.Exercise{
	ID:          "F03",
	Name:        "lab/foundations/readers",
	Title:       "Two readers, one message",
	Industry:    "government",
	Minutes:     45,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"br-llm-internals", "ai-guardrails", "an-appsec"},
	Techniques:  []quintain.Technique{"AML.T0068", "LLM01:2026"},
	Mitigations: []quintain.Technique{"AML.M0033"},
	Setup:       setup,
	Acts:        acts,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{
		{
			ID: "a", Mode: lab.Attack,
			Goal:   "Get five messages marked urgent although the filter forbids the request, each by a different mismatch",
			HandIn: []string{"answer.yaml"},
			Checks: []lab.Check{
				{
					ID: "flag", Type: lab.Event, What: "five messages that the filter called clean are marked urgent",
					Show: "quintain lab act F03 inbox", Measure: flagged,
				},
				{
					ID: "classes", Type: lab.Answer, What: "each of the five classes of mismatch is named with a message that proves it",
					Show: "quintain lab act F03 inbox", Measure: named,
				},
			},
		},
		{
			ID: "b", Mode: lab.Defend,
			Goal:   "Normalize before filtering so that both readers see the same text",
			HandIn: []string{"policy.yaml"},
			Checks: []lab.Check{
				{
					ID: "utility", Type: lab.Metric, What: "share of 40 legitimate messages in 27 languages that arrive unharmed", Op: lab.AtLeast, Limit: 0.95,
					Show: "quintain lab act F03 try messages/honest-1.txt", Measure: utility,
				},
				{
					ID: "own", Type: lab.Metric, What: "share of your own messages of stage a that still get through", Op: lab.AtMost, Limit: 0,
					Show: "quintain lab act F03 try one-of-yours.txt", Measure: own,
				},
				{
					ID: "re-attack", Type: lab.Metric, What: "share of 60 fresh mutations that get through", Op: lab.AtMost, Limit: 0.05,
					Show: "quintain lab act F03 try one-of-yours.txt", Measure: reattack,
				},
			},
		},
	},
}
