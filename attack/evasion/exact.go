package evasion

import (
	"context"
	"fmt"
	"slices"

	"quintain"
	"quintain/ml/bound"
	"quintain/stats"
)

const (
	// Where nobody says how many nodes the exact search may look at, it is as
	// many as take so many multiplications, and no more than so many.
	searchWork  = 1 << 34
	searchNodes = 1 << 14

	firstNodes = 4 // of a row in the first round
	moreNodes  = 4 // times as many in every further round
)

// settle searches around the rows that the bounds leave open, until each is
// certified or has a counterexample, or all nodes are used up. Rows that take
// few nodes come first, so that no row takes them all. Which nodes are looked at
// depends on no clock.
func (s *subject) settle(ctx context.Context, b bounds, right []int, nodes int) error {
	if nodes == 0 {
		nodes = min(searchWork/max(1, b.work), searchNodes)
	}
	open := slices.DeleteFunc(slices.Clone(right), func(i int) bool { return s.proof.holds[i] })
	if len(open) == 0 || nodes < len(open) {
		return nil
	}
	s.proof.refuted = make([][]float32, s.batch.Rows())
	before, used := count(s.proof.holds), 0
	for most := firstNodes; len(open) > 0; most *= moreNodes {
		last := (nodes - used) / len(open)
		if last == 0 {
			break
		}
		answers := make([]bound.Answer, s.batch.Rows())
		err := each(ctx, open, func(i int) {
			answers[i] = b.chain.Exact(s.ball.region(s.batch.Row(i)), int(s.batch.Y[i]), min(most, last))
		})
		if err != nil {
			return err
		}
		if err := s.refute(ctx, open, answers); err != nil {
			return err
		}
		open = slices.DeleteFunc(open, func(i int) bool {
			used += answers[i].Nodes
			s.proof.holds[i] = answers[i].Verdict == bound.Safe
			return answers[i].Verdict != bound.Open
		})
		if last <= most {
			break
		}
	}
	proved, fell := count(s.proof.holds)-before, 0
	for _, w := range s.proof.refuted {
		if w != nil {
			fell++
		}
	}
	tried := len(right) - before
	s.proof.method += " and branch and bound"
	s.proof.search = fmt.Sprintf("of %d rows that linear bounds leave open, branch and bound certifies %d, has a counterexample for %d, and leaves %d open after %d of %d nodes",
		tried, proved, fell, tried-proved-fell, used, nodes)
	return nil
}

// refute keeps the witnesses that the model does misclassify within the budget.
func (s *subject) refute(ctx context.Context, open []int, answers []bound.Answer) error {
	var rows []int
	for _, i := range open {
		if answers[i].Verdict == bound.Falls {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	x := s.batch.Pick(rows)
	for k, i := range rows {
		copy(x.Row(k), answers[i].Witness)
		s.ball.Clip(x.Row(k), s.batch.Row(i))
	}
	x = s.goal(x)
	fell, err := Fooled(ctx, s.model, x)
	for k, f := range fell {
		if f {
			s.proof.refuted[rows[k]] = slices.Clone(x.Row(k))
		}
	}
	return err
}

// refuted reports whether there is a counterexample for a row of the batch. An
// attack that keeps to constraints is not measured by rows that do not, nor one
// that sees answers only by what the search saw inside.
func (c *campaign) refuted(row int) bool {
	return c.proof.refuted != nil && !c.attack.Ruled && !c.attack.BlackBox && c.proof.refuted[row] != nil
}

// missed says which of the rows attacked stand though there is a counterexample.
func (c *campaign) missed() []bool {
	out := make([]bool, len(c.at))
	for i, at := range c.at {
		out[i] = !c.fell[i] && c.refuted(at)
	}
	return out
}

// upperEnd measures how many of all rows drawn may withstand every attack for
// all that is known: those that this one left standing, less those that have a
// counterexample all the same.
func (c *campaign) upperEnd(seed uint64) quintain.Measure {
	return stats.Proportion("robust accuracy, upper bound", len(c.at)-c.fallen()-count(c.missed()), len(c.rows), seed)
}
