// Package trial is exercise V01: tell from a published model who took part in a
// medical trial.
package trial

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"strings"

	"quintain"
	"quintain/attack/privacy/rank"
	"quintain/lab"
	"quintain/lab/privacy/internal/clinic"
	"quintain/ml/onnx"
	"quintain/stats"
)

//go:embed brief.md
var brief string

//go:embed lesson.md
var lesson string

//go:embed solution.md
var solution string

//go:embed hints.txt
var hints string

// Exercise is V01, Was she in the trial?
var Exercise = &lab.Exercise{
	ID:         "V01",
	Name:       "lab/privacy/trial",
	Title:      "Was she in the trial?",
	Industry:   "healthcare",
	Minutes:    60,
	Brief:      brief,
	Lesson:     lesson,
	Solution:   solution,
	Hints:      strings.Split(strings.TrimSpace(hints), "\n"),
	Skills:     []string{"ai-privacy-attack", "br-ml-metrics"},
	Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0040", "ML04:2023", "LLM02:2026"},
	Prereq:     []string{"F01"},
	Setup:      setup,
	Picture:    picture,
	Solutions:  solutions,
	Stages: []lab.Stage{{
		ID: "a", Mode: lab.Attack,
		Goal:   "Tell members from strangers",
		HandIn: []string{scores(1), scores(2), scores(3), scores(4), scores(5)},
		Checks: []lab.Check{
			{
				ID: "auc", Type: lab.Metric, What: "mean area under the curve over five trials", Op: lab.AtLeast, Limit: 0.74,
				Show: "quintain model members trial-1/model.onnx --people trial-1/people.csv --method loss -o " + scores(1), Measure: area,
			},
			{
				ID: "tpr", Type: lab.Metric, What: "members found where 10 % of the strangers are accused, in all five", Op: lab.AtLeast, Limit: 0.26,
				Show: "quintain explain attack/privacy/lira", Measure: found,
			},
		},
	}},
}

// redraws is how many trials there are.
const redraws = 5

// scores names the file that is handed in for a trial, counted from 1.
func scores(k int) string { return fmt.Sprintf("trial-%d/scores.csv", k) }

// redraw returns a trial of an attempt, counted from 1.
func redraw(s *lab.Source, k int) *clinic.Trial {
	return clinic.New(s.Seed(fmt.Sprintf("trial %d", k)), 0)
}

// setup publishes five models, and who may have been in each of the trials.
func setup(ctx context.Context, w *lab.Setup) error {
	for k := 1; k <= redraws; k++ {
		t := redraw(w.Source, k)
		g, err := clinic.Sponsor.Fit(ctx, t.Patients(), w.Seed(fmt.Sprintf("model %d", k)))
		if err != nil {
			return err
		}
		b, err := onnx.Marshal(g)
		if err != nil {
			return err
		}
		for name, content := range map[string][]byte{"model.onnx": b, "people.csv": clinic.CSV(t.People), "others.csv": clinic.CSV(t.Others)} {
			if err := w.Write(fmt.Sprintf("trial-%d/%s", k, name), content); err != nil {
				return err
			}
		}
	}
	return nil
}

// curves are how well the scores that were handed in tell members, for each
// trial.
func curves(a *lab.Attempt) ([]*stats.ROC, error) {
	return lab.Once(a, "curves", func() ([]*stats.ROC, error) {
		var out []*stats.ROC
		for k := 1; k <= redraws; k++ {
			b, err := a.File(scores(k))
			if err != nil {
				return nil, err
			}
			s, err := rank.Read(bytes.NewReader(b), 2*clinic.Members)
			if err != nil {
				f := lab.Faultf(scores(k), "%s", err)
				f.Hint = "quintain model members writes such a file: a line for each row of people.csv"
				return nil, f
			}
			r, err := stats.NewROC(redraw(a.Source, k).Sides(s))
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	})
}

func area(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	c, err := curves(a)
	if err != nil {
		return lab.Reading{}, err
	}
	return clinic.Area(c, a.Seed("trial 1")), nil
}

func found(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	c, err := curves(a)
	if err != nil {
		return lab.Reading{}, err
	}
	return clinic.Found(c, a.Seed("trial 1"))
}

func picture(_ context.Context, a *lab.Attempt) ([]byte, error) {
	c, err := curves(a)
	if err != nil {
		return nil, err
	}
	return clinic.Picture("How well your scores tell members from strangers", c), nil
}
