// Package cheque is exercise I02: turn the digits that a bank reads, with its
// reader in hand, with nothing but its scores, and toward one digit.
package cheque

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

// Exercise is I02, The cheque reader.
var Exercise = &lab.Exercise{
	ID:         "I02",
	Name:       "lab/integrity/cheque",
	Title:      "The cheque reader",
	Industry:   "finance",
	Minutes:    75,
	Brief:      brief,
	Lesson:     lesson,
	Solution:   solution,
	Hints:      strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:     []string{"ai-evasion", "ai-redteam"},
	Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0043.001", "AML.T0043.002", "AML.T0015", "AML.T0040", "AML.T0042", "ML01:2023"},
	Prereq:     []string{"F01"},
	Setup:      setup,
	Acts:       acts,
	Picture:    picture,
	Solutions:  solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Attack,
		Goal:   "White box: the scanner's model is yours to read, make it misread",
		HandIn: []string{"white.csv"},
		Checks: []lab.Check{
			{ID: "eps", Type: lab.Invariant, What: "no pixel moved by more than 0.10, none left 0 to 1", Show: show + "white.csv", Measure: near(white)},
			{ID: "acc", Type: lab.Metric, What: "the scanner's accuracy on your images", Op: lab.AtMost, Limit: 0.15, Show: show + "white.csv", Measure: accuracy},
		},
	}, {
		ID: "b", Mode: lab.Attack,
		Goal:   "Black box: of the head office you see scores, and no more than 500 for each image",
		HandIn: []string{"black.csv"},
		Checks: []lab.Check{
			{ID: "eps", Type: lab.Invariant, What: "no pixel moved by more than 0.10, none left 0 to 1", Show: "quintain lab act I02 search 0.1 500", Measure: near(black)},
			{ID: "success", Type: lab.Metric, What: "share of the images that the head office misreads", Op: lab.AtLeast, Limit: 0.75, Show: "quintain lab act I02 ask black.csv", Measure: success},
			{ID: "queries", Type: lab.Metric, What: "questions for each image, on average", Op: lab.AtMost, Limit: 200, Show: "quintain lab ledger I02", Measure: questions},
		},
	}, {
		ID: "c", Mode: lab.Attack,
		Goal:   "One cheque: have its leading 1 booked as a 7, and nothing else changed",
		HandIn: []string{"altered.csv"},
		Checks: []lab.Check{
			{ID: "booked", Type: lab.Event, What: "a payment is booked with the altered amount", Show: "quintain lab ledger I02", Measure: booked},
		},
	}},
}

// show is the command that shows what the scanner reads; a file follows.
const show = "quintain model eval scanner.onnx --data "
