package evasion

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
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
	attack *Attack
	trial  Trial
	at     []int // where the trial's rows stand in the batch drawn
	adv    ml.Batch
	fell   []bool
	asked  []int // how often a black-box attack asked about each row
}

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder, p *progress) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques}
	switch {
	case s.trouble != "":
		f.Summary = s.trouble
		return f, nil
	case s.blind != nil && !a.BlackBox:
		f.Outcome = quintain.NotApplicable
		f.Summary = "the attack follows gradients: " + s.blind.Error()
		p.skip()
		return f, nil
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
	f.Evidence = c.measures(e.o)
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	v := c.verdict(e.o.Seed)
	if v.outcome == quintain.Pass {
		m, err := c.masking(ctx)
		if err != nil {
			return f, err
		}
		f.Evidence = append(f.Evidence, m.evidence())
		if w := m.warnings(); len(w) > 0 && !v.proven {
			v.outcome, v.summary = quintain.Inconclusive, m.doubt()+w[0]
		}
	}
	p.step()
	f.Outcome, f.Severity, f.Summary = v.outcome, v.severity, v.summary
	if slices.Contains(c.fell, true) {
		ev, err := c.telling(ctx, rec)
		if err != nil {
			return f, err
		}
		f.Evidence = append(f.Evidence, ev)
	}
	p.step()
	return f, nil
}

// run mounts the attack on the rows that the model classifies correctly.
func (c *campaign) run(ctx context.Context, o Options) error {
	wrong, err := Fooled(ctx, c.net, c.batch)
	if err != nil {
		return err
	}
	for i, w := range wrong {
		if !w {
			c.at = append(c.at, i)
		}
	}
	c.trial = Trial{
		Model: c.attack.sees(c.net), Batch: c.batch.Pick(c.at), Ball: c.ball, Budget: Budget{Steps: o.Steps}, Seed: mix(o.Seed, c.attack.Name),
	}
	if len(c.at) == 0 {
		return nil
	}
	res, fell, err := c.attack.mount(ctx, &c.trial)
	c.adv, c.fell, c.asked = res.Adv, fell, res.Queries
	return err
}

// sees returns what the attack may see of a model.
func (a *Attack) sees(m ml.Oracle) ml.Oracle {
	if a.BlackBox {
		return answers{m}
	}
	return m
}

// answers hides everything about a model but its answers.
type answers struct{ ml.Oracle }

// mix derives the seed of an attack, so that two attacks do not share their
// randomness.
func mix(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return seed ^ h.Sum64()
}

// mount runs a on tr and judges for itself which rows fell.
func (a *Attack) mount(ctx context.Context, tr *Trial) (res Result, fell []bool, err error) {
	if res, err = a.Run(ctx, tr); err != nil {
		return res, nil, err
	}
	res.Adv = ml.Batch{X: res.Adv.X, Dim: tr.Batch.Dim, Y: tr.Batch.Y}
	if len(res.Adv.X) != len(tr.Batch.X) {
		return res, nil, fmt.Errorf("the attack returned %d values for %d", len(res.Adv.X), len(tr.Batch.X))
	}
	if n := len(res.Queries); n != 0 && n != tr.Batch.Rows() {
		return res, nil, fmt.Errorf("the attack counted the queries of %d rows of %d", n, tr.Batch.Rows())
	}
	for i := range res.Adv.Rows() {
		if err := tr.Ball.Check(res.Adv.Row(i), tr.Batch.Row(i)); err != nil {
			return res, nil, fmt.Errorf("the attack broke the rules in row %d: %w", i, err)
		}
	}
	fell, err = Fooled(ctx, tr.Model, res.Adv)
	return res, fell, err
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
