// Package graded is what the graders of the exercises on integrity share: most
// checks read one number off something dear that several of them need.
package graded

import (
	"context"

	"quintain/lab"
)

// By returns the Measure of a check that takes its reading off what find makes
// of an attempt. An error of find, such as a [lab.Fault], is the check's.
func By[T any](find func(ctx context.Context, a *lab.Attempt) (T, error), read func(v T) lab.Reading) func(context.Context, *lab.Attempt) (lab.Reading, error) {
	return func(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
		v, err := find(ctx, a)
		if err != nil {
			return lab.Reading{}, err
		}
		return read(v), nil
	}
}

// A Step is one thing that a learner does.
type Step func(ctx context.Context, w *lab.Setup) error

// Steps returns the Make of a solution that does one thing after the other.
func Steps(steps ...Step) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		for _, s := range steps {
			if err := s(ctx, w); err != nil {
				return err
			}
		}
		return nil
	}
}

// Overlap returns how many of the elements of two sets both have, as a share of
// those that any has (Jaccard); elements that are listed twice count once. It is
// 0 for two empty sets.
func Overlap[E comparable](x, y []E) float64 {
	in := make(map[E]int)
	for _, v := range x {
		in[v] |= 1
	}
	for _, v := range y {
		in[v] |= 2
	}
	both := 0
	for _, sides := range in {
		if sides == 3 {
			both++
		}
	}
	return float64(both) / float64(max(len(in), 1))
}
