// Package dark is exercise I04: make one class disappear from a classifier with
// few labels, find who did it to another set, and notice it while it happens.
package dark

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

// Exercise is I04, One class goes dark.
var Exercise = &lab.Exercise{
	ID:          "I04",
	Name:        "lab/integrity/dark",
	Title:       "One class goes dark",
	Industry:    "healthcare",
	Minutes:     50,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-poisoning", "ai-provenance", "br-ml-data"},
	Techniques:  []quintain.Technique{"AML.T0020", "AML.T0059", "AML.T0115.000", "AML.T0031"},
	Mitigations: []quintain.Technique{"AML.M0007", "AML.M0025", "AML.M0008"},
	Prereq:      []string{"F01"},
	Setup:       setup,
	Acts:        acts,
	Picture:     picture,
	Solutions:   solutions,
	Stages:      []lab.Stage{stageA, stageB, stageC},
}

const (
	showOwn      = "quintain lab act I04 train a " + planFile
	showStranger = "quintain lab act I04 train b " + fixFile
	showProfile  = "quintain data profile b/train.csv --by annotator"
	showReplay   = "quintain lab act I04 replay " + policyFile
)

var stageA = lab.Stage{
	ID: "a", Mode: lab.Attack, Goal: "Make the class in a/victim.txt go dark with at most 5 % of the labels", HandIn: []string{planFile},
	Checks: []lab.Check{
		{
			ID: "overall", Type: lab.Metric, What: "overall accuracy, so that the dashboard stays green", Op: lab.AtLeast, Limit: -0.10, Baseline: true,
			Show: showOwn, Measure: overall,
		},
		{
			ID: "rows", Type: lab.Metric, What: "share of the rows that you change", Op: lab.AtMost, Limit: 0.05,
			Show: showOwn, Measure: rowsChanged,
		},
		{
			ID: "recall", Type: lab.Metric, What: "recall of the victim class on pictures you have not seen", Op: lab.AtMost, Limit: 0.70,
			Show: showOwn, Measure: victimRecall,
		},
	},
}

var stageB = lab.Stage{
	ID: "b", Mode: lab.Defend, Goal: "Find who did it to another set, and repair it", HandIn: []string{answerFile, fixFile},
	Checks: []lab.Check{
		{
			ID: "who", Type: lab.Answer, What: "annotator and victim class",
			Show: showProfile, Measure: who,
		},
		{
			ID: "kept", Type: lab.Metric, What: "share of the honest rows that keep their place and label", Op: lab.AtLeast, Limit: 0.91,
			Show: showStranger, Measure: kept,
		},
		{
			ID: "recall", Type: lab.Metric, What: "recall, after retraining, of the class that has lost most", Op: lab.AtLeast, Limit: -0.08, Baseline: true,
			Show: showStranger, Measure: worstClass,
		},
	},
}

var stageC = lab.Stage{
	ID: "c", Mode: lab.Defend, Goal: "Raise an alert on a slow skew before the recall of a class has fallen by 10 points", HandIn: []string{policyFile},
	Checks: []lab.Check{
		{
			ID: "alert", Type: lab.Event, What: "an alert before the damage in two fresh loops",
			Show: showReplay, Measure: raised,
		},
		{
			ID: "quiet", Type: lab.NoEvent, What: "no alert in ten loops that nobody attacks",
			Show: showReplay, Measure: quiet,
		},
	},
}
