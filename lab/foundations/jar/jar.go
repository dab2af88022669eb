// Package jar is exercise F02: fill in the data sheets of six model files, and
// say what loading each of them could set off.
package jar

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

// Exercise is F02, What is inside the jar.
var Exercise = &lab.Exercise{
	ID:          "F02",
	Name:        "lab/foundations/jar",
	Title:       "What is inside the jar",
	Industry:    "technology",
	Minutes:     60,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"br-artifacts", "br-py-frameworks", "an-malware"},
	Techniques:  []quintain.Technique{"AML.T0007", "AML.T0002.001", "LLM03:2026", "ML06:2023"},
	Mitigations: []quintain.Technique{"AML.M0014"},
	Setup:       setup,
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Analyze,
		Goal:   "Fill in the data sheet of each file without a Python runtime",
		HandIn: []string{"answers.yaml"},
		Checks: []lab.Check{
			{
				ID: "format", Type: lab.Answer, What: "format and version of six files",
				Show: "quintain model inspect FILE", Measure: formats,
			},
			{
				ID: "shape", Type: lab.Answer, What: "parameters and shapes of six files, exactly",
				Show: "quintain model inspect FILE --json", Measure: shapes,
			},
			{
				ID: "load-risk", Type: lab.Answer, What: "what the usual loader of each file could set off",
				Show: "quintain model inspect FILE --ops", Measure: risks,
			},
			{
				ID: "globals", Type: lab.Answer, What: "everything that the two files of pickles import, and nothing else",
				Show: "quintain model inspect FILE --disasm", Measure: globals,
			},
		},
	}},
}
