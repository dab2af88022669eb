// Package prune takes suspicious rows out of the training data and trains
// again.
package prune

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/screen"
	"quintain/ml/train"
)

//go:embed prune.md
var doc string

// Defense removes the rows that carry a trigger or a wrong label, as far as a
// screen of the data can tell, and trains the model on the rest.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/prune",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Northcutt, Jiang, Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70, 2021, arXiv:1911.00068",
	Against: []string{"attack/poisoning"},
	Harden:  harden,
}

const (
	folds     = 5
	strictest = 1.0 // C of the logistic regression that judges labels
)

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	if err := tr.Followable(); err != nil {
		return nil, err
	}
	s, err := defend.Once(tr, "prune", func() (*Screened, error) { return Screen(ctx, tr.Rows, tr.Classes) })
	if err != nil {
		return nil, err
	}
	keep := s.keep(tr.Rows.Rows())
	g, err := tr.Fit(ctx, tr.Rows.Pick(keep), train.Options{})
	if err != nil {
		return nil, err
	}
	ev := []quintain.Evidence{}
	for _, t := range s.Triggers {
		ev = append(ev, quintain.Evidence{Summary: fmt.Sprintf("%d rows labeled %d carry a trigger and were taken out", len(t.Rows), t.Target), Excerpt: quintain.Excerpt(t.String())})
	}
	return &defend.Hardened{
		Graph: g, Evidence: ev,
		Says: fmt.Sprintf("%d of %d training rows taken out, %d of them for triggers and %d for labels that a classifier of the other rows finds wrong, and trained afresh on the rest",
			tr.Rows.Rows()-len(keep), tr.Rows.Rows(), s.carriers(), len(s.Mislabeled)),
	}, nil
}

// Screened is what a screen found.
type Screened struct {
	Triggers   []screen.Trigger
	Mislabeled []int
}

// Screen looks for rows to take out of b.
func Screen(ctx context.Context, b ml.Batch, classes int) (*Screened, error) {
	var s Screened
	var err error
	if s.Triggers, err = screen.Triggers(ctx, b); err != nil {
		return nil, err
	}
	s.Mislabeled, _, err = screen.Mislabeled(ctx, b, folds, func(ctx context.Context, rows ml.Batch) (ml.Oracle, error) {
		g, err := train.Logistic(ctx, rows, classes, strictest)
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	})
	if err != nil && ctx.Err() == nil {
		return nil, errors.Join(defend.ErrUnfit, err)
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *Screened) carriers() (n int) {
	for _, t := range s.Triggers {
		n += len(t.Rows)
	}
	return n
}

// keep returns the rows of n that stay.
func (s *Screened) keep(n int) []int {
	out := make([]bool, n)
	for _, i := range s.Mislabeled {
		out[i] = true
	}
	for _, t := range s.Triggers {
		for _, i := range t.Rows {
			out[i] = true
		}
	}
	var keep []int
	for i, gone := range out {
		if !gone {
			keep = append(keep, i)
		}
	}
	return slices.Clip(keep)
}
