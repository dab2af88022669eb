package evasion

import (
	"context"
	"errors"
	"slices"

	"quintain"
	"quintain/ml"
)

// minCorrect is the fewest correctly classified rows that a verdict can be
// built on.
const minCorrect = 20

// A campaign is one attack on one subject.
type campaign struct {
	*subject
	pictures *quintain.Figure // of rows that fell, if they are pictures
	attack   *Attack
	trial    Trial
	at       []int // where the trial's rows stand in the batch drawn
	adv      ml.Batch
	fell     []bool
	asked    []int     // how often black-box attacks asked about each row
	stages   []stage   // of a cascade
	far      []float64 // how far off the nearest misclassified row is, in radii; negative if none is known
	stopped  string    // why not all rows were attacked, if so
}

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder, p *progress) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques}
	if s.trouble != "" {
		f.Summary = s.trouble
		return f, nil
	}
	if why := a.misfit(s); why != "" {
		f.Outcome, f.Summary = quintain.NotApplicable, why
		p.skip()
		return f, nil
	}
	if a.Edits > 0 {
		s = s.edited()
	}
	c := &campaign{subject: s, attack: a}
	err := c.run(ctx, e.o)
	p.step()
	switch {
	case errors.Is(err, ErrNeedsGradient):
		f.Summary = err.Error()
		return f, nil
	case err != nil:
		return f, err
	}
	if err := c.contradiction(); err != nil {
		return f, err
	}
	control, doubt, err := e.control(ctx, c)
	p.step()
	if err != nil {
		return f, err
	}
	f.Control = control
	f.Evidence = slices.Concat(c.measures(e.o), c.tabular(), c.warnings())
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	if c.smooth > 0 {
		ev, err := c.smoothed(ctx, e.o.Seed)
		if err != nil {
			return f, err
		}
		f.Evidence = append(f.Evidence, ev)
	}
	if err := e.weigh(ctx, c, &f); err != nil {
		return f, err
	}
	p.step()
	if slices.Contains(c.fell, true) {
		ev, err := c.telling(ctx, rec)
		if err != nil {
			return f, err
		}
		f.Evidence = append(f.Evidence, ev)
	}
	figures, err := c.drawn(ctx, rec, e.o.Seed)
	if err != nil {
		return f, err
	}
	f.Evidence = append(f.Evidence, figures...)
	p.step()
	return f, e.hand(ctx, c)
}

// weigh decides, and takes a decision back that the guidelines do not carry.
func (e *engine) weigh(ctx context.Context, c *campaign, f *quintain.Finding) error {
	v := c.verdict(e.o.Seed)
	if !c.attack.Ruled && (v.outcome == quintain.Pass || c.attack.Run == nil && len(c.at) >= minCorrect) {
		m, err := c.masking(ctx)
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, m.evidence())
		if w := m.failures(); len(w) > 0 && v.outcome == quintain.Pass && !v.proven {
			v.outcome, v.summary = quintain.Inconclusive, m.doubt()+w[0]
		}
		if m.random {
			v = verdict{summary: "two runs of the model differ, so a single run decides nothing"}
		}
	}
	f.Outcome, f.Severity, f.Summary = v.outcome, v.severity, v.summary
	return nil
}

// run mounts the attack on the rows that the model classifies correctly, some
// at a time where the budget has a limit.
func (c *campaign) run(ctx context.Context, o Options) error {
	wrong, err := Fooled(ctx, c.net, c.batch)
	if err != nil {
		return err
	}
	c.trial = Trial{Model: c.model, Ball: c.ball, Budget: Budget{Steps: o.Steps, Queries: o.Queries}, Seed: c.attack.Seed(o.Seed)}
	if o.Budget > 0 || o.Stop != nil {
		if wrong, err = c.sample(ctx, wrong, o); err != nil {
			return err
		}
	}
	c.at = c.right(wrong)
	c.trial.Batch, c.trial.Rows = c.goal(c.batch.Pick(c.at)), c.numbers()
	if len(c.at) == 0 || c.adv.X != nil {
		c.adv.Y = c.trial.Batch.Y
		return nil
	}
	return c.assault(ctx)
}

// right lists the rows that are not wrong.
func (c *campaign) right(wrong []bool) []int {
	var out []int
	for i, w := range wrong {
		if !w {
			out = append(out, i)
		}
	}
	return out
}

// numbers are those of the attacked rows in the table.
func (c *campaign) numbers() []int {
	out := make([]int, len(c.at))
	for i, at := range c.at {
		out[i] = c.rows[at]
	}
	return out
}

// measure works out how far the nearest misclassified rows are.
func (c *campaign) measure(ctx context.Context, near ml.Batch) error {
	n := NewNearest(&c.trial)
	c.far = n.far
	if c.attack.Ruled { // what is nearer may break the rules
		return nil
	}
	for i, f := range c.fell {
		if f {
			n.Meet(i, c.adv.Row(i))
		}
	}
	if near.X != nil {
		near.Y = c.trial.Batch.Y
		fell, err := Fooled(ctx, c.model, near)
		if err != nil {
			return err
		}
		for i, f := range fell {
			if f {
				n.Meet(i, near.Row(i))
			}
		}
	}
	err := n.Refine(ctx)
	c.far = n.far
	return err
}

// fallen returns how many rows fell.
func (c *campaign) fallen() int { return count(c.fell) }

func count(b []bool) int {
	n := 0
	for _, v := range b {
		if v {
			n++
		}
	}
	return n
}
