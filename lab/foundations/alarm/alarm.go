// Package alarm is exercise F01: choose the threshold of a fraud scorer, and
// forecast the queue that it makes where fraud is rare.
package alarm

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

// Exercise is F01, The alarm that cried fraud.
var Exercise = &lab.Exercise{
	ID:          "F01",
	Name:        "lab/foundations/alarm",
	Title:       "The alarm that cried fraud",
	Industry:    "finance",
	Minutes:     45,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"br-ml-metrics", "br-ml-data", "an-log-hunting"},
	Mitigations: []quintain.Technique{"AML.M0008"},
	Setup:       setup,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Analyze,
		Goal:   "Pick a threshold and predict what the queue will look like at live prevalence",
		HandIn: []string{"answer.yaml"},
		Checks: []lab.Check{
			{
				ID: "recall", Type: lab.Metric, What: "recall on payments you have not seen", Op: lab.AtLeast, Limit: 0.95,
				Show: sweep, Measure: recall,
			},
			{
				ID: "fpr", Type: lab.Metric, What: "share of genuine payments that raise an alarm", Op: lab.AtMost, Limit: 0.03,
				Show: sweep, Measure: falsePositives,
			},
			{
				ID: "precision-forecast", Type: lab.Answer, What: "your precision within 15 % of that in the replay",
				Show: sweep + " --prevalence 0.005", Measure: precision,
			},
			{
				ID: "alerts-per-day", Type: lab.Answer, What: "your alerts within 15 % of those in the replay",
				Show: sweep + " --prevalence 0.005", Measure: alerts,
			},
		},
	}},
}

// sweep is the command that shows what every threshold does.
const sweep = "quintain model eval scorer.onnx --data lab.csv --threshold-sweep"
