package extraction

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"quintain"
	"quintain/ml/graph"
	"quintain/stats"
)

// A campaign is one attack on one subject.
type campaign struct {
	*subject
	attack   *Attack
	curve    []point
	hardened []trend
}

// A point is a copy with what it was made of.
type point struct {
	budget int
	*score        // nil if there is no copy
	why    string // there is none
	closed bool   // the account was closed before there was one
}

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques, Summary: s.trouble}
	if s.trouble != "" {
		return f, nil
	}
	c := &campaign{subject: s, attack: a}
	seed := a.Seed(e.o.Seed)
	for _, b := range ladder(s.queries) {
		if b == s.queries && e.o.Asked != nil {
			s.asked = func(row []float32, label int) error { return e.o.Asked(a.Name, row, label) }
		}
		p, err := c.try(ctx, s.answers, 1, b, seed, true)
		s.asked = nil
		if err != nil {
			return f, err
		}
		c.curve = append(c.curve, p)
	}
	last := c.curve[len(c.curve)-1]
	if last.score == nil {
		f.Outcome, f.Summary = quintain.NotApplicable, last.why
		if last.closed { // which shows nothing about attacks that keep to the limit
			f.Outcome = quintain.Inconclusive
		}
		return f, nil
	}
	if e.o.Copied != nil && last.graph != nil {
		if err := e.o.Copied(a.Name, last.graph); err != nil {
			return f, err
		}
	}
	if s.file { // others would be asked for nothing but the table
		if err := c.harden(ctx, seed); err != nil {
			return f, err
		}
	}
	control, doubt, err := c.control(ctx, seed, e.o.Seed)
	if err != nil {
		return f, err
	}
	f.Control, f.Evidence = control, c.evidence(e.o.Seed)
	drawn, err := c.drawn(ctx, rec, e.o.Seed)
	if err != nil {
		return f, err
	}
	f.Evidence = append(f.Evidence, drawn...)
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	f.Outcome, f.Severity, f.Summary = c.verdict(e.o.Seed)
	return f, nil
}

// try makes one copy. An attack that does not go with the model is no error.
func (c *campaign) try(ctx context.Context, answers Answers, often, budget int, seed uint64, transfer bool) (point, error) {
	s, err := c.steal(ctx, c.attack, answers, often, budget, seed, transfer)
	p := point{budget: budget, score: s}
	if errors.Is(err, ErrUnfit) || errors.Is(err, errClosed) {
		p.why, p.closed = err.Error(), errors.Is(err, errClosed)
		return p, nil
	}
	return p, err
}

// ladder returns the budgets of the curve, which end with all of it.
func ladder(budget int) []int {
	var out []int
	for _, part := range []int{20, 10, 4, 2, 1} {
		if b := budget / part; b > 0 {
			out = append(out, b)
		}
	}
	return slices.Compact(out)
}

// control copies a model that is known to be easy, with scores and questions
// enough.
func (c *campaign) control(ctx context.Context, seed, shown uint64) (*quintain.Control, string, error) {
	const plenty = 20 // questions for each number of a linear model's class
	weak := *c.subject
	weak.similar, weak.note = -1, ""
	budget := max(c.queries, min(plenty*(len(c.low)+1), maxQueries))
	tr, _ := weak.trial(Scores, budget, seed)
	g, err := c.attack.easy(ctx, tr)
	if err != nil {
		return nil, "", fmt.Errorf("the twin: %w", err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("the twin: %w", err)
	}
	weak.victim = net
	if weak.says, err = classes(ctx, net, weak.test); err != nil {
		return nil, "", fmt.Errorf("the twin: %w", err)
	}
	got, err := weak.steal(ctx, c.attack, Scores, 1, budget, seed, false)
	if errors.Is(err, ErrUnfit) {
		return nil, "no positive control: " + err.Error(), nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("copy the twin: %w", err)
	}
	m := stats.Proportion("fidelity", got.agrees, weak.test.Rows(), shown)
	if base := weak.majority(); m.Low <= min(c.limit, 0.9) || base >= c.limit {
		return nil, fmt.Sprintf("no positive control: the copy of a model that is known to be easy agrees on %s of the rows, and a constant on %s", percent(m.Value), percent(base)), nil
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "twin that is easy to copy", Digest: quintain.DigestOf(fmt.Appendf(nil, "%v", weak.says))},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("a model that is known to be easy to copy and gives scores is copied with %d queries, up to %s of the rows", got.asked, percent(m.Value)),
		Measure: &m,
	}, "", nil
}

// majority is the share of rows on which a model that always says the same
// agrees.
func (s *subject) majority() float64 {
	count := make(map[int32]int)
	most := 0
	for _, y := range s.says {
		count[y]++
		most = max(most, count[y])
	}
	return float64(most) / float64(len(s.says))
}
