package extraction

import (
	"context"
	"errors"
	"fmt"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/watch"
)

// A score is what a copy is worth.
type score struct {
	asked    int // queries that it cost
	agrees   int // rows that it says of what the victim says
	right    int // rows that it classifies as their labels say
	fooled   int // rows that were turned on the copy and turn the victim too
	turned   int // rows that were tried; 0 for a copy that has no gradients
	says     string
	graph    *graph.Graph
	attacked bool // transfer was measured
}

// steal runs an attack with a budget and judges the copy. Each row is asked
// about so often.
func (s *subject) steal(ctx context.Context, a *Attack, answers Answers, often, budget int, seed uint64, transfer bool) (*score, error) {
	tr, m := s.trial(answers, budget, seed)
	tr.Repeat = often
	c, err := a.Run(ctx, tr)
	if err != nil {
		return nil, err
	}
	model := c.Model
	if c.Graph != nil {
		if model, err = graph.Compile(c.Graph, graph.Options{}); err != nil {
			return nil, fmt.Errorf("the copy: %w", err)
		}
	}
	out := &score{asked: int(m.asked.Load()), says: c.Says, graph: c.Graph}
	got, err := classes(ctx, model, s.test)
	if err != nil {
		return nil, fmt.Errorf("the copy: %w", err)
	}
	for i, y := range got {
		if y == s.says[i] {
			out.agrees++
		}
		if y == s.test.Y[i] {
			out.right++
		}
	}
	if white, ok := model.(ml.Model); ok && transfer {
		out.attacked = true
		out.fooled, out.turned, err = s.transfer(ctx, white)
	}
	if errors.Is(err, ml.ErrNoGradient) {
		out.attacked, err = false, nil
	}
	return out, err
}

// trial makes what the attacker sees.
func (s *subject) trial(answers Answers, budget int, seed uint64) (*Trial, *meter) {
	told := answers
	if s.note != "" { // it has rounded them itself
		told = Scores
	}
	m := &meter{Precise: Tell(s.victim, told, seed), budget: int64(budget), tell: s.asked}
	if s.similar >= 0 {
		span := make([]float32, len(s.low))
		for j, low := range s.low {
			span[j] = s.high[j] - low
		}
		m.guard = &watch.Similar{Most: s.similar, Near: s.near, Span: span}
	}
	spec := s.victim.Spec()
	_, precise := s.victim.(Precise)
	return &Trial{
		Victim: m, Answers: answers, Low: s.low, High: s.high, Shape: spec.Shape, Classes: spec.Classes,
		Rows: s.rows, Source: s.source, Budget: budget, Seed: seed, Precise: precise,
	}, m
}

const (
	transferRows  = 200
	transferSteps = 10
	transferEps   = 0.1 // of the range of each feature
)

// transfer turns rows on the copy by projected gradient descent (Madry et al.
// 2018) and counts those that the victim, too, calls something else.
func (s *subject) transfer(ctx context.Context, copied ml.Model) (fooled, tried int, err error) {
	n := min(transferRows, s.test.Rows())
	start := ml.Batch{X: s.test.X[:n*s.test.Dim], Dim: s.test.Dim, Y: s.says[:n]}
	b := start.Clone()
	dx := make([]float32, len(b.X))
	for range transferSteps {
		if _, _, err := ml.LossGrad(ctx, copied, b, ml.CrossEntropy, dx); err != nil {
			return 0, 0, err
		}
		for i, g := range dx {
			j := i % b.Dim
			eps := transferEps * (s.high[j] - s.low[j])
			step := eps / 4
			switch {
			case g < 0:
				step = -step
			case g == 0:
				step = 0
			}
			low, high := max(s.low[j], start.X[i]-eps), min(s.high[j], start.X[i]+eps)
			b.X[i] = min(max(b.X[i]+step, low), high)
		}
	}
	after, err := classes(ctx, s.victim, b)
	if err != nil {
		return 0, 0, err
	}
	for i, y := range after {
		if y != start.Y[i] {
			fooled++
		}
	}
	return fooled, n, nil
}
