// Package zoo is exercise S02: decide which of twelve model files may go to
// production, and say what is wrong with the others.
package zoo

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

// Exercise is S02, Twelve artifacts, one hour.
var Exercise = &lab.Exercise{
	ID:          "S02",
	Name:        "lab/supply/zoo",
	Title:       "Twelve artifacts, one hour",
	Industry:    "finance",
	Minutes:     75,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-supply-chain", "br-artifacts", "an-vuln-mgmt", "an-malware"},
	Techniques:  []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "AML.T0074", "AML.T0076", "LLM03:2026", "ASI04:2026", "ML06:2023"},
	Mitigations: []quintain.Technique{"AML.M0014", "AML.M0016"},
	Prereq:      []string{"S01"},
	Setup:       setup,
	Acts:        []lab.Act{load},
	Picture:     picture,
	Solutions:   solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Analyze,
		Goal:   "Give a verdict and a reason for each of twelve files",
		HandIn: []string{"verdicts.csv"},
		Checks: []lab.Check{
			{
				ID: "tpr", Type: lab.Metric, What: "share of the malicious files that you stop", Op: lab.AtLeast, Limit: 1,
				Show: "quintain scan zoo", Measure: stopped,
			},
			{
				ID: "fpr", Type: lab.Metric, What: "share of the benign files that you stop as well (one of six may be)", Op: lab.AtMost, Limit: 0.17,
				Show: "quintain model inspect FILE", Measure: alarms,
			},
			{
				ID: "reason", Type: lab.Metric, What: "share of the malicious files whose mechanism you name", Op: lab.AtLeast, Limit: 0.83,
				Show: "quintain scan zoo --json", Measure: reasons,
			},
			{
				ID: "canary", Type: lab.NoEvent, What: "no payload has run on your desk",
				Show: "quintain lab ledger S02", Measure: untouched,
			},
		},
	}},
}
