package lab

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options are what a [Range] needs.
type Options struct {
	Exercises []*Exercise
	Store     Store
	Root      string           // folder of the learners' folders; made when needed, mode 0700
	Now       func() time.Time // the clock
	Timeout   time.Duration    // of grading one stage; 0 is five minutes
}

// A Range is the facade of the lab: everything that the command line and the
// pages do with exercises, they do through it. Methods may be called
// concurrently, also by several processes with the same store and root.
type Range struct {
	o     Options
	order []*Exercise
	past  past
}

// order of the modules, by the letters of their exercises: foundations, threat
// modeling, supply chain, integrity, privacy, applications, agents, operations,
// capstones.
const moduleOrder = "FTSIVLADC"

// New returns a range.
func New(o Options) (*Range, error) {
	if o.Store == nil || o.Now == nil || o.Root == "" {
		return nil, errors.New("lab: a range needs a store, a clock and a folder")
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Minute
	}
	r := &Range{o: o, order: slices.Clone(o.Exercises)}
	slices.SortStableFunc(r.order, func(a, b *Exercise) int {
		return cmp.Or(cmp.Compare(strings.IndexByte(moduleOrder, a.ID[0]), strings.IndexByte(moduleOrder, b.ID[0])), cmp.Compare(a.ID, b.ID))
	})
	return r, nil
}

// Exercises returns all exercises in the order of the curriculum.
func (r *Range) Exercises() []*Exercise { return slices.Clone(r.order) }

// ErrUnknown says that there is no such exercise.
var ErrUnknown = errors.New("no such exercise")

// Exercise returns the exercise with an id, in any case, or a name.
func (r *Range) Exercise(id string) (*Exercise, error) {
	for _, e := range r.order {
		if strings.EqualFold(e.ID, id) || e.Name == id {
			return e, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, id)
}

// List returns where the learner stands with every exercise, in the order of
// the curriculum.
func (r *Range) List(ctx context.Context) ([]Status, error) {
	now := r.o.Now()
	var out []Status
	proven := make(map[string]bool)
	err := r.read(ctx, func(runs map[string][]*run) {
		for _, e := range r.order {
			s := statusOf(e, runs[e.ID], now)
			if s.State != StateNew {
				s.Dir = r.dir(e)
			}
			proven[e.ID] = s.Level >= LevelHinted
			out = append(out, s)
		}
	})
	if err != nil {
		return nil, err
	}
	for i, e := range r.order {
		for _, id := range e.Prereq {
			if done, ok := proven[id]; ok && !done {
				out[i].Missing = append(out[i].Missing, id)
			}
		}
	}
	if i := next(out); i >= 0 {
		out[i].Next = true
	}
	return out, nil
}

// next returns the index of what to do next: what is under way, then what is
// due, then the first new exercise whose prerequisites are passed; -1 if there
// is nothing left.
func next(all []Status) int {
	for _, wanted := range []func(Status) bool{
		func(s Status) bool { return s.State == StateStarted },
		func(s Status) bool { return s.Stale },
		func(s Status) bool { return s.State == StateNew && len(s.Missing) == 0 },
		func(s Status) bool { return s.State == StateNew },
	} {
		if i := slices.IndexFunc(all, wanted); i >= 0 {
			return i
		}
	}
	return -1
}

// Next returns what to do next, or nil if there is nothing left.
func (r *Range) Next(ctx context.Context) (*Exercise, error) {
	all, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	if i := next(all); i >= 0 {
		return r.order[i], nil
	}
	return nil, nil //nolint:nilnil // nothing left is no error
}

// Status returns where the learner stands with one exercise.
func (r *Range) Status(ctx context.Context, id string) (Status, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return Status{}, err
	}
	all, err := r.List(ctx)
	if err != nil {
		return Status{}, err
	}
	return all[slices.Index(r.order, e)], nil
}

// dir returns the learner's folder for e.
func (r *Range) dir(e *Exercise) string { return filepath.Join(r.o.Root, e.ID) }

// The settings that a range keeps in its store.
const (
	settingSecret  = "secret"  // of the install, 32 random bytes
	settingLearner = "learner" // name
	settingCohort  = "cohort"  // name of the one joined
	cohortPrefix   = "cohort/" // and a name: its secret
)

// secret returns a 32-byte secret kept under a name, made when first asked for.
func (r *Range) secret(ctx context.Context, name string) ([]byte, error) {
	return r.o.Store.Setting(ctx, name, func(old []byte) ([]byte, error) {
		if old != nil {
			return nil, nil
		}
		fresh := make([]byte, 32)
		_, err := rand.Read(fresh)
		return fresh, err
	})
}

// source returns the Source of an attempt.
func (r *Range) source(ctx context.Context, rec Record) (*Source, error) {
	key, err := r.key(ctx, rec)
	if err != nil {
		return nil, err
	}
	return NewSource(key), nil
}

func (r *Range) key(ctx context.Context, rec Record) (Key, error) {
	if rec.Cohort == "" {
		secret, err := r.secret(ctx, settingSecret)
		return DeriveKey(secret, rec.Learner, rec.Exercise, rec.Number), err
	}
	secret, err := r.o.Store.Setting(ctx, cohortPrefix+rec.Cohort, nil)
	if err == nil && secret == nil {
		err = fmt.Errorf("the code of cohort %q is not known here", rec.Cohort)
	}
	return DeriveKey(secret, rec.Learner, rec.Exercise, rec.Number), err
}
