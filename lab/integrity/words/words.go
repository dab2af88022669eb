// Package words is exercise I01: talk phishing past a filter that scores
// words, then make the filter one that cannot be talked to.
package words

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

// Exercise is I01, Good words.
var Exercise = &lab.Exercise{
	ID:          "I01",
	Name:        "lab/integrity/words",
	Title:       "Good words",
	Industry:    "technology",
	Minutes:     45,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-evasion", "br-ml-metrics"},
	Techniques:  []quintain.Technique{"AML.T0015", "AML.T0043.003", "AML.T0043.001", "ML01:2023"},
	Mitigations: []quintain.Technique{"AML.M0003", "AML.M0015"},
	Prereq:      []string{"F01"},
	Setup:       setup,
	Acts:        acts,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Attack,
		Goal:   "Let 50 phishing mails through with the link intact",
		HandIn: []string{"evaded.csv"},
		Checks: []lab.Check{
			{ID: "payload", Type: lab.Invariant, What: "link, call to action and all other words still there", Show: "quintain lab act I01 insert WORD", Measure: payload},
			{ID: "edit", Type: lab.Metric, What: "words put into one mail, at most", Op: lab.AtMost, Limit: tokens, Show: "quintain lab act I01 insert WORD", Measure: edit},
			{ID: "evade", Type: lab.Metric, What: "share of your mails that the filter lets through", Op: lab.AtLeast, Limit: 0.9, Show: "quintain lab act I01 insert WORD", Measure: evade},
		},
	}, {
		ID: "b", Mode: lab.Defend,
		Goal:   "Make the trick expensive, and keep the filter useful",
		HandIn: []string{"filter.yaml"},
		Checks: []lab.Check{
			{ID: "clean", Type: lab.Metric, What: "accuracy on mails you have not seen, against the shipped filter's less 0.04", Op: lab.AtLeast, Limit: -0.04, Baseline: true, Show: try, Measure: clean},
			{ID: "known", Type: lab.Metric, What: "share of your own attack that still gets through", Op: lab.AtMost, Limit: 0.15, Show: try, Measure: known},
			{ID: "re-attack", Type: lab.Metric, What: "share of fresh phishing that ten words let through, chosen by who knows your filter", Op: lab.AtMost, Limit: 0.15, Show: try, Measure: reattack},
		},
	}},
}

// try is the act that shows what a filter does.
const try = "quintain lab act I01 try"
