package poisoning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"quintain"
	"quintain/stats"
)

// percent writes a proportion.
func percent(p float64) string { return strconv.FormatFloat(p*100, 'f', 1, 64) + "%" }

// success measures how many of the attacker's rows go the attacker's way.
func (c *campaign) success(seed uint64) quintain.Measure {
	return stats.ClusterProportion("attack success rate", c.after, seed)
}

// drop is by how much accuracy on the test rows falls.
func (c *campaign) drop() float64 {
	return (float64(c.cleanHits) - float64(c.hits)/float64(len(c.poisoned))) / float64(trainings*c.test.Rows())
}

// spent is how many rows the attacker changed at most.
func (c *campaign) spent() (n int) {
	for _, p := range c.poisoned {
		n = max(n, len(p.Changed))
	}
	return n
}

func (c *campaign) verdict(seed uint64) (quintain.Outcome, quintain.Severity, string) {
	m := c.success(seed)
	base := stats.ClusterProportion("", c.before, seed)
	spent := fmt.Sprintf("%d of %d training rows", c.spent(), c.rows.Rows())
	switch allowed := c.limits.triggered; {
	case m.Trials < trainings*leastRows:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("only %d rows to try the attack on; a verdict needs %d", m.Trials/trainings, leastRows)
	case base.Value > allowed:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("%s of the attacker's rows go the attacker's way without any poison, more than the %s allowed",
			percent(base.Value), percent(allowed))
	case m.Low > allowed && c.drop() > unnoticed:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("%s poisoned turn %s of the attacker's rows, but accuracy falls by %s, which would be noticed",
			spent, percent(m.Value), percent(c.drop()))
	case m.Low > allowed:
		return quintain.Fail, quintain.High, fmt.Sprintf("%s poisoned turn %s of the attacker's rows (%s without poison) while accuracy changes by %s",
			spent, percent(m.Value), percent(base.Value), signed(-c.drop()))
	case m.High <= allowed:
		return quintain.Pass, quintain.None, fmt.Sprintf("%s poisoned turn %s of the attacker's rows, no more than the %s allowed",
			spent, percent(m.Value), percent(allowed))
	default:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("%d rows cannot tell whether more than %s go the attacker's way: between %s and %s",
			m.Trials/trainings, percent(allowed), percent(m.Low), percent(m.High))
	}
}

// signed writes a difference of proportions in points.
func signed(d float64) string { return fmt.Sprintf("%+.1f points", d*100) }

// evidence returns the figures.
func (c *campaign) evidence(seed uint64) []quintain.Evidence {
	after := c.success(seed)
	before := stats.ClusterProportion("attack success rate without poison", c.before, seed)
	n := trainings * c.test.Rows()
	clean := stats.Proportion("accuracy without poison", c.cleanHits, n, seed)
	hit := stats.Proportion("accuracy with poison", c.hits, n*len(c.poisoned), seed)
	says := c.poisoned[0].Says
	if more := len(c.poisoned) - 1; more > 0 {
		says += fmt.Sprintf(", and %d more such cases, each with poison of its own", more)
	}
	out := []quintain.Evidence{
		{
			Summary:  fmt.Sprintf("%s; rows that go the attacker's way, each tried on %d models trained from different seeds", says, trainings),
			Location: fmt.Sprintf("%s, %d of %d rows", c.target.With["train"], c.spent(), c.rows.Rows()),
			Measure:  &after, Repro: c.repro(c.attack, seed),
		},
		{Summary: "the same rows on models trained without poison: what is no merit of the attack", Measure: &before},
		{Summary: "accuracy on rows that the attacker does not touch, without poison", Measure: &clean},
		{Summary: "and with it", Measure: &hit},
	}
	if d := c.accuracy - clean.Value; d > 0.02 {
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf(
			"warning: the model that was handed in is right on %s of the rows, training it again gives %s; say how it was trained", percent(c.accuracy), percent(clean.Value))})
	}
	return out
}

// traces says what the defender would have seen in the poisoned rows.
func (c *campaign) traces(ctx context.Context, seed uint64) ([]quintain.Evidence, error) {
	if c.attack.Find == nil {
		return nil, nil
	}
	p := c.poisoned[0]
	found, err := c.attack.Find(ctx, &Data{Batch: p.Rows}, seed)
	if errors.Is(err, ErrUnfit) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	caught := 0
	for _, r := range p.Changed {
		if slices.Contains(found.Rows, r) {
			caught++
		}
	}
	m := stats.Proportion("poisoned rows found", caught, len(p.Changed), seed)
	return []quintain.Evidence{{
		Summary: fmt.Sprintf("a screen of the training data finds this poison before training, and lists %d honest rows with it", len(found.Rows)-caught),
		Excerpt: quintain.Excerpt(found.Says), Measure: &m,
	}}, nil
}
