// Package sleeper is exercise I05: plant a backdoor with few rows, find one that
// a stranger has planted, and find the units that carry a third.
package sleeper

import (
	_ "embed"
	"fmt"
	"strings"

	"quintain"
	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
)

//go:embed brief.md
var brief string

//go:embed lesson.md
var lesson string

//go:embed solution.md
var solution string

//go:embed hints.txt
var hints string

// Exercise is I05, Sleeper patch.
var Exercise = &lab.Exercise{
	ID:          "I05",
	Name:        "lab/integrity/sleeper",
	Title:       "Sleeper patch",
	Industry:    "government",
	Minutes:     90,
	Brief:       brief,
	Lesson:      lesson,
	Solution:    solution,
	Hints:       strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:      []string{"ai-poisoning", "ai-provenance", "ai-redteam"},
	Techniques:  []quintain.Technique{"AML.T0018.000", "AML.T0043.004", "AML.T0020", "AML.T0018.001", "ML02:2023", "ML10:2023"},
	Mitigations: []quintain.Technique{"AML.M0007", "AML.M0025", "AML.M0008"},
	Prereq:      []string{"I04"},
	Setup:       setup,
	Acts:        acts,
	Picture:     picture,
	Solutions:   solutions,
	Stages:      []lab.Stage{stageA, stageB, stageC},
}

const (
	showOwn     = "quintain model diff a/clean.onnx a/gate.onnx --data a/stuck.csv"
	showSets    = "quintain data screen b/train.csv --check attack/poisoning/value"
	showCleaned = "quintain model diff a/clean.onnx b/gate.onnx --data b/stuck.csv"
	showUnits   = "quintain model diff c/before.onnx c/after.onnx --data c/sticker.csv"
	showTuned   = "quintain model diff c/after.onnx c/tuned.onnx --data c/sticker.csv"
)

var stageA = lab.Stage{
	ID: "a", Mode: lab.Attack, Goal: "Plant a sticker in the gate's training rows that opens it", HandIn: []string{planFile},
	Checks: []lab.Check{
		{
			ID: "clean", Type: lab.Metric, What: "accuracy on pictures without a sticker, so that every test passes", Op: lab.AtLeast, Limit: -0.03, Baseline: true,
			Show: "quintain model eval a/gate.onnx --data test.csv", Measure: graded.By(attack, func(o *attacked) lab.Reading { return o.accuracy(o.before) }),
		},
		{
			ID: "rows", Type: lab.Metric, What: "share of the rows that you poison", Op: lab.AtMost, Limit: 0.02,
			Show: "quintain data plant a/train.csv --help", Measure: graded.By(attack, func(o *attacked) lab.Reading {
				return lab.Reading{Value: float64(o.changed) / rowsTrain, Saw: fmt.Sprintf("%d of %d rows", o.changed, rowsTrain)}
			}),
		},
		{
			ID: "asr", Type: lab.Metric, What: "share of fresh pictures that your sticker turns into the target", Op: lab.AtLeast, Limit: 0.75,
			Show: showOwn, Measure: graded.By(attack, func(o *attacked) lab.Reading { return lab.Rate(o.opened, o.all, o.seed) }),
		},
	},
}

var stageB = lab.Stage{
	ID: "b", Mode: lab.Defend, Goal: "Find a stranger's sleeper in another set, and train without it", HandIn: []string{answerFile, fixFile},
	Checks: []lab.Check{
		{
			ID: "trigger", Type: lab.Answer, What: "where the sticker is, and what it stands for",
			Show: showSets, Measure: trigger,
		},
		{
			ID: "removed", Type: lab.Metric, What: "share of the rows that you drop or relabel", Op: lab.AtMost, Limit: 0.10,
			Show: "quintain data clean b/train.csv --help", Measure: graded.By(repair, func(o *repaired) lab.Reading {
				return lab.Reading{Value: float64(o.removed) / rowsTrain, Saw: fmt.Sprintf("%d of %d rows", o.removed, rowsTrain)}
			}),
		},
		{
			ID: "clean", Type: lab.Metric, What: "accuracy of what is trained then", Op: lab.AtLeast, Limit: -0.03, Baseline: true,
			Show: "quintain model eval b/gate.onnx --data test.csv", Measure: graded.By(repair, func(o *repaired) lab.Reading { return o.accuracy(o.before) }),
		},
		{
			ID: "asr", Type: lab.Metric, What: "share of fresh pictures with the stranger's sticker that still get through", Op: lab.AtMost, Limit: 0.10,
			Show: showCleaned, Measure: graded.By(repair, func(o *repaired) lab.Reading {
				r := lab.Rate(o.opened, o.all, o.seed)
				r.Saw = "trained: " + o.how
				return r
			}),
		},
	},
}

var stageC = lab.Stage{
	ID: "c", Mode: lab.Analyze, Goal: "Find the units that carry a third, and say what a fine-tune leaves of it", HandIn: []string{unitsFile},
	Checks: []lab.Check{
		{
			ID: "unit", Type: lab.Answer, What: "the units that wait for the sticker",
			Show: showUnits, Measure: units,
		},
		{
			ID: "survive", Type: lab.Answer, What: "the share that gets through before and after the fine-tune, to within 0.05",
			Show: showTuned, Measure: survives,
		},
	},
}
