// Package harden is exercise I03: expose a model whose attack got lost, and
// train one that got stronger.
package harden

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

// Exercise is I03, Harden without lying.
var Exercise = &lab.Exercise{
	ID:          "I03",
	Name:        "lab/integrity/harden",
	Title:       "Harden without lying",
	Industry:    "finance",
	Minutes:     90,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-robustness", "ai-evasion", "br-ml-metrics"},
	Techniques:  []quintain.Technique{"AML.T0015", "AML.T0043.000", "AML.T0043.002", "ML01:2023"},
	Mitigations: []quintain.Technique{"AML.M0003", "AML.M0006", "AML.M0008"},
	Prereq:      []string{"I02"},
	Setup:       setup,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Analyze,
		Goal:   "Find out whether the vendor's model got stronger or the attack got lost",
		HandIn: []string{"answer.yaml", "transfer.csv"},
		Checks: []lab.Check{
			{ID: "eps", Type: lab.Invariant, What: "no pixel moved by more than 0.10, none left 0 to 1", Show: eval("vendor.onnx", "transfer.csv"), Measure: near},
			{ID: "masking", Type: lab.Answer, What: "the right finding, with an example that shows it", Show: "quintain attack vendor.onnx --data test.csv --check attack/evasion/pgd", Measure: finding},
			{ID: "transfer", Type: lab.Metric, What: "the vendor's accuracy on your images", Op: lab.AtMost, Limit: 0.15, Show: eval("vendor.onnx", "transfer.csv"), Measure: exposed},
		},
	}, {
		ID: "b", Mode: lab.Defend,
		Goal:   "Train a model that is stronger, and still reads",
		HandIn: []string{"hardened.onnx"},
		Checks: []lab.Check{
			{ID: "clean", Type: lab.Metric, What: "accuracy on fresh images, against the reader's less 0.04", Op: lab.AtLeast, Limit: -0.04, Baseline: true, Show: eval("hardened.onnx", "test.csv"), Measure: clean},
			{ID: "white", Type: lab.Metric, What: "accuracy under 20 steps along your model's own gradients, at 0.10", Op: lab.AtLeast, Limit: 0.5, Show: hit("pgd --eps 0.1"), Measure: whiteBox},
			{ID: "transfer", Type: lab.Metric, What: "accuracy on images made with two other models, at 0.10", Op: lab.AtLeast, Limit: 0.6, Show: eval("hardened.onnx", "transfer.csv"), Measure: transferred},
			{ID: "black", Type: lab.Metric, What: "share of images that 500 questions turn, at 0.15", Op: lab.AtMost, Limit: 0.8, Show: hit("square --eps 0.15 --queries 500"), Measure: blackBox},
		},
	}},
}

func eval(model, rows string) string { return "quintain model eval " + model + " --data " + rows }

func hit(attack string) string {
	return "quintain attack hardened.onnx --data test.csv --check attack/evasion/" + attack
}
