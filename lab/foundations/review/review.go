// Package review is exercise F04: find what is wrong with two training scripts
// that work, and repair it without losing what they do.
package review

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

// Exercise is F04, Review the training script.
var Exercise = &lab.Exercise{
	ID:          "F04",
	Name:        "lab/foundations/review",
	Title:       "Review the training script",
	Industry:    "healthcare",
	Minutes:     50,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"br-py-frameworks", "an-scripting", "an-vuln-mgmt", "ai-supply-chain"},
	Techniques:  []quintain.Technique{"AML.T0011.000", "AML.T0010.001", "AML.T0055", "LLM03:2026", "ML06:2023"},
	Mitigations: []quintain.Technique{"AML.M0011", "AML.M0014", "AML.M0016"},
	Prereq:      []string{"F02"},
	Setup:       setup,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{
		{
			ID: "a", Mode: lab.Analyze,
			Goal:   "Find it: mark the lines and say what is wrong with them",
			HandIn: []string{"marks.csv"},
			Checks: []lab.Check{{
				ID: "find", Type: lab.Metric, What: "F1 of the defects that you marked", Op: lab.AtLeast, Limit: 0.85,
				Show: "quintain scan train_torch.py train_keras.py", Measure: find,
			}},
		},
		{
			ID: "b", Mode: lab.Defend,
			Goal:   "Fix it: repair the scripts without losing what they do",
			HandIn: scripts,
			Checks: []lab.Check{
				{
					ID: "rules", Type: lab.Metric, What: "defects that are left", Op: lab.AtMost, Limit: 0,
					Show: "quintain scan train_torch.py train_keras.py", Measure: left,
				},
				{
					ID: "function", Type: lab.Invariant, What: "same model, same data, same training, same outputs",
					Show: "diff original/train_torch.py train_torch.py", Measure: function,
				},
			},
		},
	},
}
