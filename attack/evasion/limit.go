package evasion

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"quintain/ml"
)

// slice is how many rows are attacked at a time where the budget has a limit.
const slice = 64

// sample attacks rows, some at a time and in random order, until all were or a
// limit is reached. The rows that were not attacked leave the campaign: those
// that were are a random sample of all, so what is measured on them holds for
// all. It returns which of them were wrong before the attack.
func (c *campaign) sample(ctx context.Context, wrong []bool, o Options) ([]bool, error) {
	order := rand.New(rand.NewPCG(o.Seed, 2)).Perm(c.batch.Rows())
	before, done := c.model.rows.Load(), 0
	var parts []*campaign
	for done < len(order) {
		n, why := c.next(o, done, c.model.rows.Load()-before)
		if why != "" {
			c.stopped = fmt.Sprintf("%s after %d of %d rows", why, done, len(order))
			break
		}
		next := order[done:min(done+n, len(order))]
		slices.Sort(next)
		part := &campaign{subject: c.subject, attack: c.attack, trial: c.trial}
		for _, i := range next {
			if !wrong[i] {
				part.at = append(part.at, i)
			}
		}
		part.trial.Batch, part.trial.Rows = part.goal(part.batch.Pick(part.at)), part.numbers()
		if err := part.assault(ctx); err != nil {
			if ctx.Err() == nil && c.remote == nil || errors.Is(err, ErrNeedsGradient) {
				return nil, err
			}
			c.broken = err
			c.stopped = fmt.Sprintf("cut short after %d of %d rows", done, len(order))
			break
		}
		parts, done = append(parts, part), done+len(next)
	}
	return c.merge(parts, wrong, order[:done]), nil
}

// next is how many rows to begin now that some are done, or why none.
func (c *campaign) next(o Options, done int, used int64) (n int, why string) {
	n = slice
	switch {
	case c.remote != nil:
		if n = c.fits(remoteSlice); n <= 0 {
			return 0, fmt.Sprintf("the budget does not cover one more row of %d questions", c.trial.Budget.Queries)
		}
	case done > 0 && o.Budget > 0 && used >= o.Budget:
		return 0, fmt.Sprintf("the budget of %d questions to the model was spent", o.Budget)
	}
	if done > 0 && o.Stop != nil && o.Stop() {
		return 0, "the time was up"
	}
	return n, ""
}

// assault mounts the attack on the rows of the trial.
func (c *campaign) assault(ctx context.Context) error {
	if len(c.at) == 0 {
		return nil
	}
	res, stages, fell, err := c.attack.stages(ctx, c.subject, &c.trial)
	if err != nil {
		return err
	}
	c.adv, c.fell, c.asked, c.stages, c.also = res.Adv, fell, res.Queries, stages, res.Says
	if err := c.hear(ctx); err != nil {
		return err
	}
	return c.measure(ctx, res.Near)
}

// hear asks for the classes of the rows as the attack left them.
func (c *campaign) hear(ctx context.Context) error {
	z, err := c.plain.Predict(ctx, ml.Batch{X: c.adv.X, Dim: c.adv.Dim})
	if err != nil {
		return err
	}
	k := c.plain.Spec().Classes
	for i := range c.at {
		c.says = append(c.says, ml.Argmax(z[i*k:(i+1)*k]))
	}
	return nil
}

// merge joins the parts of a campaign and keeps the rows that were attacked.
func (c *campaign) merge(parts []*campaign, wrong []bool, kept []int) []bool {
	kept = slices.Sorted(slices.Values(kept))
	s := *c.subject
	s.batch, s.rows = c.batch.Pick(kept), nil
	var still []bool
	place := make(map[int]int) // of a row of the batch among the attacked
	for _, k := range kept {
		s.rows, still = append(s.rows, c.rows[k]), append(still, wrong[k])
		if !wrong[k] {
			place[k] = len(place)
		}
	}
	s.proof = c.proof.pick(kept)
	n := len(place)
	c.adv = ml.Batch{X: make([]float32, n*c.batch.Dim), Dim: c.batch.Dim}
	c.fell, c.far, c.says = make([]bool, n), make([]float64, n), make([]int, n)
	for _, p := range parts {
		for i, at := range p.at {
			k := place[at]
			copy(c.adv.Row(k), p.adv.Row(i))
			c.fell[k], c.far[k], c.says[k] = p.fell[i], p.far[i], p.says[i]
			if p.asked != nil {
				if c.asked == nil {
					c.asked = make([]int, n)
				}
				c.asked[k] = p.asked[i]
			}
		}
		c.join(p, place)
	}
	c.subject = &s
	return still
}

// join adds what the stages of a part did.
func (c *campaign) join(p *campaign, place map[int]int) {
	for _, st := range p.stages {
		i := slices.IndexFunc(c.stages, func(have stage) bool { return have.attack == st.attack })
		if i < 0 {
			i = len(c.stages)
			c.stages = append(c.stages, stage{attack: st.attack})
		}
		c.stages[i].tried += st.tried
		for _, row := range st.turned {
			c.stages[i].turned = append(c.stages[i].turned, place[p.at[row]])
		}
	}
}
