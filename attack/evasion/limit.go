package evasion

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"quintain/ml"
)

// slice is how many rows are attacked at a time where the budget has a limit.
const slice = 64

// sample attacks rows, some at a time and in random order, until the budget is
// spent. The rows that were not attacked leave the campaign: those that were
// are a random sample of all, so what is measured on them holds for all. It
// returns which of them were wrong before the attack.
func (c *campaign) sample(ctx context.Context, wrong []bool, o Options) ([]bool, error) {
	order := rand.New(rand.NewPCG(o.Seed, 2)).Perm(c.batch.Rows())
	before, done := c.model.rows.Load(), 0
	var parts []*campaign
	for next := range slices.Chunk(order, slice) {
		used := c.model.rows.Load() - before
		if done > 0 && o.Budget > 0 && used >= o.Budget {
			c.stopped = fmt.Sprintf("the budget of %d questions to the model was spent after %d of %d rows", o.Budget, done, len(order))
			break
		}
		if done > 0 && o.Stop != nil && o.Stop() {
			c.stopped = fmt.Sprintf("the time was up after %d of %d rows", done, len(order))
			break
		}
		slices.Sort(next)
		part := &campaign{subject: c.subject, attack: c.attack, trial: c.trial}
		for _, i := range next {
			if !wrong[i] {
				part.at = append(part.at, i)
			}
		}
		part.trial.Batch, part.trial.Rows = part.goal(part.batch.Pick(part.at)), part.numbers()
		if err := part.assault(ctx); err != nil {
			return nil, err
		}
		parts, done = append(parts, part), done+len(next)
	}
	return c.merge(parts, wrong, order[:done]), nil
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
	c.adv, c.fell, c.asked, c.stages = res.Adv, fell, res.Queries, stages
	return c.measure(ctx, res.Near)
}

// merge joins the parts of a campaign and keeps the rows that were attacked.
func (c *campaign) merge(parts []*campaign, wrong []bool, kept []int) []bool {
	kept = slices.Sorted(slices.Values(kept))
	s := *c.subject
	s.batch, s.rows = c.batch.Pick(kept), nil
	var holds, still []bool
	place := make(map[int]int) // of a row of the batch among the attacked
	for _, k := range kept {
		s.rows, still = append(s.rows, c.rows[k]), append(still, wrong[k])
		if c.proof.holds != nil {
			holds = append(holds, c.proof.holds[k])
		}
		if !wrong[k] {
			place[k] = len(place)
		}
	}
	s.proof.holds = holds
	n := len(place)
	c.adv, c.fell, c.far = ml.Batch{X: make([]float32, n*c.batch.Dim), Dim: c.batch.Dim}, make([]bool, n), make([]float64, n)
	for _, p := range parts {
		for i, at := range p.at {
			k := place[at]
			copy(c.adv.Row(k), p.adv.Row(i))
			c.fell[k], c.far[k] = p.fell[i], p.far[i]
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
