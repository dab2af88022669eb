// Package stranger is exercise S01: name what a hostile checkpoint would call
// without loading it, and publish its weights in a file that cannot call.
package stranger

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

// Exercise is S01, Checkpoint from a stranger.
var Exercise = &lab.Exercise{
	ID:          "S01",
	Name:        "lab/supply/stranger",
	Title:       "Checkpoint from a stranger",
	Industry:    "technology",
	Minutes:     60,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-supply-chain", "br-artifacts", "an-malware"},
	Techniques:  []quintain.Technique{"AML.T0010.003", "AML.T0011.000", "AML.T0018.002", "AML.T0115.001", "LLM03:2026", "ASI04:2026", "ML06:2023"},
	Mitigations: []quintain.Technique{"AML.M0011", "AML.M0014"},
	Prereq:      []string{"F02"},
	Setup:       setup,
	Acts:        []lab.Act{load},
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{
		{
			ID: "a", Mode: lab.Analyze,
			Goal:   "Name the call that loading the checkpoint would make, without making it",
			HandIn: []string{"findings.yaml"},
			Checks: []lab.Check{
				{
					ID: "callable", Type: lab.Answer, What: "the function that would be called, and what it would be given",
					Show: disasm, Measure: callable,
				},
				{
					ID: "offset", Type: lab.Answer, What: "the member and the byte offset of the opcode that makes the call",
					Show: disasm, Measure: offset,
				},
				{
					ID: "ioc", Type: lab.Answer, What: "the host that the argument hides",
					Show: disasm, Measure: indicator,
				},
				{
					ID: "canary", Type: lab.NoEvent, What: "the payload has not run on your desk",
					Show: "quintain lab ledger S01", Measure: untouched,
				},
			},
		},
		{
			ID: "b", Mode: lab.Defend,
			Goal:   "Publish the weights in a file that nothing can hide in",
			HandIn: []string{"clean.safetensors"},
			Checks: []lab.Check{
				{
					ID: "format", Type: lab.Artifact, What: "a safetensors file in which the scanner finds nothing",
					Show: "quintain scan clean.safetensors", Measure: format,
				},
				{
					ID: "tensors", Type: lab.Metric, What: "share of the tensors that are there, bit for bit, and nothing else is", Op: lab.AtLeast, Limit: 1,
					Show: "quintain model inspect clean.safetensors", Measure: tensors,
				},
			},
		},
	},
}

// disasm is the command that shows every opcode.
const disasm = "quintain model inspect model.pt --disasm"
