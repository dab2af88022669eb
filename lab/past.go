package lab

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A past is what a range has read from its store so far. What is kept is never
// changed, so that it reads only what came since.
type past struct {
	mu      sync.Mutex
	place   Place
	records []Record
	runs    map[string][]*run // by exercise, by number
}

// sync reads what came since. The caller holds the lock.
func (r *Range) sync(ctx context.Context) error {
	p := &r.past
	news, err := r.o.Store.Since(ctx, p.place)
	if err != nil {
		return err
	}
	if p.runs == nil {
		p.runs = make(map[string][]*run)
	}
	for _, rec := range news.Attempts {
		p.records = append(p.records, rec)
		p.runs[rec.Exercise] = append(p.runs[rec.Exercise], newRun(false))
	}
	for _, en := range news.Entries {
		e, err := r.Exercise(en.Exercise)
		if err != nil {
			continue // of an exercise that this version does not have
		}
		runs := p.runs[en.Exercise]
		if en.Attempt < 1 || en.Attempt > len(runs) {
			err = ErrNoAttempt
		} else {
			err = runs[en.Attempt-1].add(e, en)
		}
		if err != nil {
			p.place, p.records, p.runs = Place{}, nil, nil // half read; the next reader starts over
			return fmt.Errorf("attempt %d at %s: %w", en.Attempt, en.Exercise, err)
		}
	}
	p.place = news.Next
	return nil
}

// read shows f all runs, by exercise and number. They are f's while it runs.
func (r *Range) read(ctx context.Context, f func(runs map[string][]*run)) error {
	r.past.mu.Lock()
	defer r.past.mu.Unlock()
	if err := r.sync(ctx); err != nil {
		return err
	}
	f(r.past.runs)
	return nil
}

// latest returns the latest attempt at e, or [ErrNoAttempt].
func (r *Range) latest(ctx context.Context, e *Exercise) (*Record, error) {
	r.past.mu.Lock()
	defer r.past.mu.Unlock()
	if err := r.sync(ctx); err != nil {
		return nil, err
	}
	for _, rec := range slices.Backward(r.past.records) {
		if rec.Exercise == e.ID {
			return &rec, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoAttempt, e.ID)
}

// A Pass is the first time that a stage was passed in an attempt.
type Pass struct {
	Exercise string    `json:"exercise"`
	Attempt  int       `json:"attempt"`
	Stage    string    `json:"stage"`
	At       time.Time `json:"at"`
	Hints    int       `json:"hints"` // shown before it in this attempt
	Told     bool      `json:"told"`  // the solution was shown before it
}

// Passes returns every pass of every attempt, by exercise in the order of the
// curriculum, oldest first.
func (r *Range) Passes(ctx context.Context) ([]Pass, error) {
	var out []Pass
	err := r.read(ctx, func(runs map[string][]*run) {
		for _, e := range r.order {
			for _, one := range runs[e.ID] {
				out = append(out, one.passes...)
			}
		}
	})
	return out, err
}

// LastGrades returns the latest grade of each stage that was graded in the
// latest attempt at an exercise, in the order of its stages. Values are
// compared with those of the grade before. Before the first attempt there are
// none.
func (r *Range) LastGrades(ctx context.Context, id string) ([]*Grade, error) {
	one, e, err := r.lastRun(ctx, id)
	if err != nil || one == nil {
		return nil, err
	}
	var out []*Grade
	for _, st := range e.Stages {
		if g := one.last[st.ID]; g != nil {
			out = append(out, g)
		}
	}
	return out, nil
}

// LastGrade returns the grade that was made last in the latest attempt at an
// exercise, or nil if there is none.
func (r *Range) LastGrade(ctx context.Context, id string) (*Grade, error) {
	one, _, err := r.lastRun(ctx, id)
	if err != nil || one == nil {
		return nil, err
	}
	return one.grade, nil
}

// lastRun reads the latest attempt at an exercise; nil if there is none.
func (r *Range) lastRun(ctx context.Context, id string) (*run, *Exercise, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return nil, nil, err
	}
	number := 0
	if err := r.read(ctx, func(runs map[string][]*run) { number = len(runs[e.ID]) }); err != nil || number == 0 {
		return nil, e, err
	}
	entries, err := r.o.Store.Entries(ctx, e.ID, number)
	if err != nil {
		return nil, e, err
	}
	one, err := readRun(e, entries)
	return one, e, err
}
