package lab

import (
	"context"
	"encoding/json"
	"time"
)

// A Review is the way through the latest attempt at an exercise.
type Review struct {
	Exercise string   `json:"exercise"`
	Attempt  int      `json:"attempt"`
	Minutes  int      `json:"minutes"` // at work, breaks of more than half an hour left out
	Steps    []Step   `json:"steps"`
	Path     []string `json:"path"` // every check in order, "a/recall": the way of the reference
}

// A Step is one thing that happened.
type Step struct {
	At      time.Time `json:"at"`
	Kind    EntryKind `json:"kind"`
	Text    string    `json:"text"`             // the check that failed, the hint, the act
	Stage   string    `json:"stage,omitempty"`  // that was graded
	Passed  bool      `json:"passed,omitempty"` // it was passed
	Reached int       `json:"reached"`          // checks of Path behind the learner after it
}

// Review returns the way through the latest attempt.
func (r *Range) Review(ctx context.Context, id string) (*Review, error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	entries, err := r.o.Store.Entries(ctx, s.e.ID, s.rec.Number)
	if err != nil {
		return nil, err
	}
	out := &Review{Exercise: s.e.ID, Attempt: s.rec.Number, Minutes: minutes(s.rec.Started, entries)}
	before := make(map[string]int) // checks of the stages before
	for _, st := range s.e.Stages {
		before[st.ID] = len(out.Path)
		for i := range st.Checks {
			out.Path = append(out.Path, st.ID+"/"+st.Checks[i].ID)
		}
	}
	reached := 0
	for _, en := range entries {
		step := Step{At: en.At, Kind: en.Kind}
		switch en.Kind {
		case EntryGrade:
			var g Grade
			if err := json.Unmarshal(en.Data, &g); err != nil {
				return nil, err
			}
			reached = before[g.Stage] + len(g.Results)
			step.Stage, step.Passed = g.Stage, g.Passed
			step.Text = "stage " + g.Stage + " passed"
			if f := g.Failed(); f != nil {
				reached--
				step.Text = f.Line()
			}
		case EntryAct:
			var a Acted
			if err := json.Unmarshal(en.Data, &a); err != nil {
				return nil, err
			}
			step.Text = a.Name
		case EntryHint:
			step.Text = "hint " + string(en.Data)
		case EntrySolution:
			step.Text = "the solution was shown"
		}
		step.Reached = reached
		out.Steps = append(out.Steps, step)
	}
	return out, nil
}
