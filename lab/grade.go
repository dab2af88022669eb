package lab

import (
	"context"
	"errors"
	"fmt"
)

// A Grade is what a stage of an attempt came to. It is a pure function of
// files, ledger and seed.
type Grade struct {
	Exercise string   `json:"exercise"`
	Stage    string   `json:"stage"`
	Passed   bool     `json:"passed"`
	Results  []Result `json:"results"`  // up to and including the first that failed
	Withheld int      `json:"withheld"` // checks after it, not run
}

// A Result is what one check came to.
type Result struct {
	Stage   string    `json:"stage"`
	Check   string    `json:"check"`
	Type    CheckType `json:"type"`
	What    string    `json:"what"`
	Passed  bool      `json:"passed"`
	Op      Op        `json:"op,omitempty"`
	Limit   float64   `json:"limit,omitempty"` // that a Metric was held to, baseline included
	Reading Reading   `json:"reading"`
	Fault   *Fault    `json:"fault,omitempty"` // of what was handed in; then there is no reading
	Show    string    `json:"show,omitempty"`
	Before  *float64  `json:"-"` // value at the last try, if there was one
}

// Failed returns the result that failed, or nil.
func (g *Grade) Failed() *Result {
	if n := len(g.Results); n > 0 && !g.Results[n-1].Passed {
		return &g.Results[n-1]
	}
	return nil
}

// GradeStage grades one stage. The function progress, if there is one, is told
// each result as it comes. An error means that nothing could be graded.
func GradeStage(ctx context.Context, a *Attempt, stage string, progress func(Result)) (*Grade, error) {
	s := a.Exercise.Stage(stage)
	if s == nil {
		return nil, fmt.Errorf("exercise %s has no stage %q", a.Exercise.ID, stage)
	}
	g := &Grade{Exercise: a.Exercise.ID, Stage: s.ID, Passed: true}
	for i := range s.Checks {
		r, err := s.Checks[i].run(ctx, a, s.ID)
		if err != nil {
			return nil, fmt.Errorf("check %s/%s: %w", s.ID, s.Checks[i].ID, err)
		}
		g.Results = append(g.Results, r)
		if progress != nil {
			progress(r)
		}
		if !r.Passed {
			g.Passed, g.Withheld = false, len(s.Checks)-1-i
			break
		}
	}
	return g, nil
}

// run takes a reading and judges it. A grader that panics has met a file that
// it does not understand; that is an error of the grader, and the only harm.
func (c *Check) run(ctx context.Context, a *Attempt, stage string) (res Result, err error) {
	res = Result{Stage: stage, Check: c.ID, Type: c.Type, What: c.What, Op: c.Op, Show: c.Show}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the grader broke: %v", p)
		}
	}()
	if err := ctx.Err(); err != nil {
		return res, err
	}
	r, err := c.Measure(ctx, a)
	if fault, ok := errors.AsType[*Fault](err); ok {
		res.Fault = fault
		return res, nil
	}
	if err == nil {
		err = r.validate()
	}
	if err != nil {
		return res, err
	}
	res.Reading = r
	res.Passed, res.Limit = c.passes(r)
	return res, nil
}
