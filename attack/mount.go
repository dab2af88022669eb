package attack

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
}

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder, p *progress) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques}
	if s.trouble != "" {
		f.Summary = s.trouble
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
		if w := m.warnings(); len(w) > 0 {
			v.outcome, v.summary = quintain.Inconclusive, "the gradients may be masked: "+w[0]
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
		Model: c.net, Batch: c.batch.Pick(c.at), Ball: c.ball, Budget: Budget{Steps: o.Steps}, Seed: mix(o.Seed, c.attack.Name),
	}
	if len(c.at) == 0 {
		return nil
	}
	c.adv, c.fell, err = c.attack.mount(ctx, &c.trial)
	return err
}

// mix derives the seed of an attack, so that two attacks do not share their
// randomness.
func mix(seed uint64, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return seed ^ h.Sum64()
}

// mount runs a on tr and judges for itself which rows fell.
func (a *Attack) mount(ctx context.Context, tr *Trial) (adv ml.Batch, fell []bool, err error) {
	res, err := a.Run(ctx, tr)
	if err != nil {
		return adv, nil, err
	}
	adv = ml.Batch{X: res.Adv.X, Dim: tr.Batch.Dim, Y: tr.Batch.Y}
	if len(adv.X) != len(tr.Batch.X) {
		return adv, nil, fmt.Errorf("the attack returned %d values for %d", len(adv.X), len(tr.Batch.X))
	}
	for i := range adv.Rows() {
		if err := tr.Ball.Check(adv.Row(i), tr.Batch.Row(i)); err != nil {
			return adv, nil, fmt.Errorf("the attack broke the rules in row %d: %w", i, err)
		}
	}
	fell, err = Fooled(ctx, tr.Model, adv)
	return adv, fell, err
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
