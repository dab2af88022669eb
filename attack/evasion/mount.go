package evasion

import (
	"context"
	"errors"
	"fmt"
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
	says     []int               // class of every row as the attack left it; -1 if the model answered no number
	asked    []int               // how often black-box attacks asked about each row
	stages   []stage             // of a cascade
	far      []float64           // how far off the nearest misclassified row is, in radii; negative if none is known
	also     []quintain.Evidence // what the attack has to say beside the rows
	stopped  string              // why not all rows were attacked, if so
	broken   error               // what stopped the attack, if that was no limit
}

// mount attacks s and concludes. If ctx ends, or a remote model no longer
// answers, it concludes from the rows that were attacked until then.
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
	if a.Squares {
		framed, why := s.framed()
		if why != "" {
			f.Summary = why
			p.skip()
			return f, nil
		}
		s = framed
	}
	if a.Halves {
		s = s.halved(e.o.Seed)
	}
	c := &campaign{subject: s, attack: a}
	err := c.run(ctx, e.o)
	p.step()
	if errors.Is(err, ErrNeedsGradient) || errors.Is(err, ErrUnfit) {
		f.Summary = err.Error()
		return f, nil
	}
	if err == nil {
		err = c.broken
	}
	if err == nil && len(c.rows) == 0 {
		err = errors.New(c.stopped)
	}
	if err == nil {
		err = e.conclude(ctx, c, &f, rec, p)
	}
	if err != nil && (ctx.Err() != nil || s.remote != nil) {
		c.cutShort(ctx, e.o, err, &f)
		err = nil
	}
	if err != nil {
		return f, err
	}
	return f, e.hand(c)
}

// conclude fills in the finding of a campaign that was not cut short.
func (e *engine) conclude(ctx context.Context, c *campaign, f *quintain.Finding, rec quintain.Recorder, p *progress) error {
	if err := c.contradiction(); err != nil {
		return err
	}
	control, doubt, err := e.control(ctx, c)
	p.step()
	if err != nil {
		return err
	}
	f.Control = control
	f.Evidence = slices.Concat(c.measures(e.o), c.tabular(), c.warnings())
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	if c.smooth > 0 && c.remote == nil {
		ev, err := c.smoothed(ctx, e.o.Seed)
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, ev)
	}
	if err := e.weigh(ctx, c, f); err != nil {
		return err
	}
	p.step()
	if slices.Contains(c.fell, true) {
		ev, err := c.telling(ctx, rec)
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, ev)
	}
	if c.remote != nil {
		f.Evidence = append(f.Evidence, c.account())
	}
	figures, err := c.drawn(ctx, rec, e.o.Seed)
	f.Evidence = append(f.Evidence, figures...)
	p.step()
	return err
}

// cutShort fills in the finding of a campaign that err ended early. What fell
// fell, but nothing has withstood.
func (c *campaign) cutShort(ctx context.Context, o Options, err error, f *quintain.Finding) {
	why := err.Error()
	if ctx.Err() != nil {
		why = "interrupted"
	}
	*f = quintain.Finding{Check: f.Check, Target: f.Target, Techniques: f.Techniques, Summary: why}
	fickle := c.remote != nil && c.remote.Ledger().Fickle != ""
	if n := len(c.rows); c.adv.X != nil && n > 0 && !fickle {
		v, m := c.verdict(o.Seed), c.robustAccuracy(o.Seed)
		f.Summary = fmt.Sprintf("%s after %d rows, on which accuracy is at most %s (95%% interval %s to %s) though %s",
			why, n, percent(m.Value), percent(m.Low), percent(m.High), c.allowed())
		if v.outcome == quintain.Fail {
			f.Outcome, f.Severity, f.Summary = v.outcome, v.severity, fmt.Sprintf("%s; %s after %d rows", v.summary, why, n)
		}
		f.Evidence = slices.Concat(c.measures(o), c.tabular(), c.warnings())
	}
	if c.remote != nil {
		f.Evidence = append(f.Evidence, c.account())
	}
}

// weigh decides, and takes a decision back that the guidelines do not carry.
func (e *engine) weigh(ctx context.Context, c *campaign, f *quintain.Finding) error {
	v := c.verdict(e.o.Seed)
	if !c.attack.Ruled && !c.attack.Squares && (v.outcome == quintain.Pass || c.attack.Run == nil && c.remote == nil && len(c.at) >= minCorrect) {
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
// at a time unless it needs all at once.
func (c *campaign) run(ctx context.Context, o Options) error {
	wrong, err := c.before(ctx)
	if err != nil {
		return err
	}
	c.trial = Trial{Model: c.model, Ball: c.ball, Budget: Budget{Steps: o.Steps, Queries: o.Queries}, Seed: c.attack.Seed(o.Seed)}
	c.trial.Own, c.trial.Frame = c.own, c.frame
	if c.attack.Halves && c.net != nil {
		c.trial.Like = c.net.Graph()
	}
	c.spread(o, len(c.rows))
	if !c.attack.Whole {
		if wrong, err = c.sample(ctx, wrong, o); err != nil {
			return err
		}
	}
	c.at = c.right(wrong)
	c.trial.Batch, c.trial.Rows = c.goal(c.batch.Pick(c.at)), c.numbers()
	if len(c.at) == 0 || !c.attack.Whole {
		c.adv.Y = c.trial.Batch.Y
		return nil
	}
	return c.assault(ctx)
}

// before reports which rows the model misclassifies as they are. A remote model
// is asked once for all attacks.
func (c *campaign) before(ctx context.Context) ([]bool, error) {
	if c.wrong != nil {
		return c.wrong, nil
	}
	if n := c.batch.Rows(); c.remote != nil && c.left() < n {
		return nil, fmt.Errorf("the budget does not cover %d rows as they are, let alone an attack", n)
	}
	wrong, err := Fooled(ctx, c.plain, c.batch)
	if c.remote != nil {
		c.wrong = wrong
	}
	return wrong, err
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
	if c.attack.Ruled || c.attack.Squares { // what is nearer may break the rules
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
	var err error
	if c.remote == nil { // every step would be a question
		err = n.Refine(ctx)
	}
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
