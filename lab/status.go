package lab

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"quintain"
)

// A Status is where a learner stands with one exercise.
type Status struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Module   string        `json:"module"`
	Industry string        `json:"industry"`
	Minutes  int           `json:"minutes"`
	State    State         `json:"state"`
	Attempt  int           `json:"attempt,omitempty"` // number of the latest; 0 if new
	Dir      string        `json:"dir,omitempty"`     // the learner's folder
	Stages   []StageStatus `json:"stages"`            // of the latest attempt
	Tries    int           `json:"tries"`             // grades in the latest attempt
	Hints    int           `json:"hints"`             // shown in the latest attempt
	Level    int           `json:"level"`             // proven, the best of all attempts: 0 to 3
	Due      time.Time     `json:"due,omitzero"`      // when it is to be passed again
	Stale    bool          `json:"stale"`             // it is due
	Missing  []string      `json:"missing,omitempty"` // prerequisites not passed
	Next     bool          `json:"next"`              // it is what to do next
}

// A StageStatus is where a learner stands with one stage.
type StageStatus struct {
	ID     string `json:"id"`
	Mode   Mode   `json:"mode"`
	Goal   string `json:"goal"`
	Passed bool   `json:"passed"`
}

// A State says how far a learner has come with an exercise.
type State string

// The states.
const (
	StateNew     State = "new"     // never started
	StateStarted State = "started" // the latest attempt is not passed
	StatePassed  State = "passed"  // the latest attempt is passed
)

// The levels that an attempt proves.
const (
	LevelNone     = 0
	LevelPartial  = 1 // a stage is passed
	LevelHinted   = 2 // passed, with hints
	LevelUnhinted = 3 // passed on a fresh seed without a hint
)

// A run is what entries say about one attempt.
type run struct {
	detail bool            // last, grade and events are kept
	passed map[string]bool // stages
	passes []Pass
	whole  time.Time // when the last stage was passed; zero if not
	shown  int       // hints
	hints  int       // those shown before it was passed
	told   bool      // the solution was shown before it was passed
	tries  int
	acts   int
	last   map[string]*Grade        // the latest grade of each stage
	grade  *Grade                   // the latest of all
	events strings.Builder          // the written ledger
	kept   map[quintain.Digest]bool // files that acts have kept
}

func newRun(detail bool) *run {
	return &run{detail: detail, passed: make(map[string]bool), last: make(map[string]*Grade), kept: make(map[quintain.Digest]bool)}
}

// readRun reads all about one attempt.
func readRun(e *Exercise, entries []Entry) (*run, error) {
	r := newRun(true)
	for _, en := range entries {
		if err := r.add(e, en); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// add takes the next entry of an attempt at e.
func (r *run) add(e *Exercise, en Entry) error {
	switch en.Kind {
	case EntryHint:
		r.shown++
		if r.whole.IsZero() {
			r.hints++
		}
	case EntrySolution:
		r.told = r.told || r.whole.IsZero()
	case EntryAct:
		r.acts++
		if !r.detail {
			return nil
		}
		var a Acted
		if err := json.Unmarshal(en.Data, &a); err != nil {
			return err
		}
		r.events.WriteString(a.Events)
		for d := range a.Bytes {
			r.kept[d] = true
		}
	case EntryGrade:
		g := new(Grade)
		if err := json.Unmarshal(en.Data, g); err != nil {
			return err
		}
		r.graded(e, en, g)
	}
	return nil
}

// graded takes a grade.
func (r *run) graded(e *Exercise, en Entry, g *Grade) {
	r.tries++
	if r.detail {
		g.since(r.last[g.Stage])
		r.last[g.Stage], r.grade = g, g
	}
	if g.Passed && !r.passed[g.Stage] {
		r.passed[g.Stage] = true
		r.passes = append(r.passes, Pass{e.ID, en.Attempt, g.Stage, en.At, r.shown, r.told})
	}
	if r.whole.IsZero() && r.all(e) {
		r.whole = en.At
	}
}

// all reports whether every stage was passed.
func (r *run) all(e *Exercise) bool {
	return !slices.ContainsFunc(e.Stages, func(s Stage) bool { return !r.passed[s.ID] })
}

// level returns what the attempt proves. Once the solution was shown, a pass
// proves that somebody can copy; a fresh seed can prove more.
func (r *run) level() int {
	switch {
	case !r.whole.IsZero() && !r.told && r.hints == 0:
		return LevelUnhinted
	case !r.whole.IsZero() && !r.told:
		return LevelHinted
	case len(r.passed) > 0: // it holds none that is not passed
		return LevelPartial
	}
	return LevelNone
}

// statusOf returns the status of e from its attempts, oldest first.
func statusOf(e *Exercise, runs []*run, now time.Time) Status {
	s := Status{
		ID: e.ID, Name: e.Name, Title: e.Title, Module: e.Module(), Industry: e.Industry, Minutes: e.Minutes,
		State: StateNew, Attempt: len(runs),
	}
	var passes []time.Time
	for _, r := range runs {
		level := r.level()
		s.Level = max(s.Level, level)
		if level >= LevelHinted {
			passes = append(passes, r.whole)
		}
	}
	s.Due = Due(passes)
	s.Stale = !s.Due.IsZero() && !now.Before(s.Due)
	latest := &run{}
	if len(runs) > 0 {
		latest = runs[len(runs)-1]
		s.State = StateStarted
		if !latest.whole.IsZero() {
			s.State = StatePassed
		}
	}
	s.Tries, s.Hints = latest.tries, latest.shown
	for _, st := range e.Stages {
		s.Stages = append(s.Stages, StageStatus{ID: st.ID, Mode: st.Mode, Goal: st.Goal, Passed: latest.passed[st.ID]})
	}
	return s
}
