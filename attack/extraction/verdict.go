package extraction

import (
	"fmt"
	"strconv"
	"strings"

	"quintain"
	"quintain/stats"
)

// percent writes a proportion.
func percent(p float64) string { return strconv.FormatFloat(p*100, 'f', 1, 64) + "%" }

// fidelity measures how often the copy of p agrees with the model.
func (c *campaign) fidelity(p point, seed uint64) quintain.Measure {
	return stats.Proportion("fidelity", p.agrees, c.test.Rows(), seed)
}

func (c *campaign) verdict(seed uint64) (quintain.Outcome, quintain.Severity, string) {
	last := c.curve[len(c.curve)-1]
	m, base := c.fidelity(last, seed), c.majority()
	made := fmt.Sprintf("a copy made with %d queries (%s) agrees with the model on %s of %d rows", last.asked, c.answers, percent(m.Value), m.Trials)
	take := "; " + c.headline()
	switch {
	case base >= c.limit:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("a model that always says the same agrees on %s of the rows, so %s allowed tells nothing", percent(base), percent(c.limit))
	case m.Low > c.limit:
		return quintain.Fail, quintain.Medium, fmt.Sprintf("%s, more than the %s allowed%s", made, percent(c.limit), take)
	case m.High <= c.limit:
		return quintain.Pass, quintain.None, fmt.Sprintf("%s, no more than the %s allowed%s", made, percent(c.limit), take)
	default:
		return quintain.Inconclusive, quintain.None, fmt.Sprintf("%s: between %s and %s, which does not tell whether it is more than the %s allowed",
			made, percent(m.Low), percent(m.High), percent(c.limit))
	}
}

// headline says what the goals cost.
func (c *campaign) headline() string {
	var names, costs []string
	for _, g := range goals {
		n := trend{points: c.curve}.reaches(g, c.test.Rows())
		names = append(names, strings.TrimSuffix(whole(g), "%"))
		if n == 0 {
			costs = append(costs, fmt.Sprintf(">%d", c.queries))
		} else {
			costs = append(costs, strconv.Itoa(n))
		}
	}
	return fmt.Sprintf("%s%% fidelity takes %s queries", strings.Join(names, "/"), strings.Join(costs, "/"))
}

// evidence returns the figures.
func (c *campaign) evidence(seed uint64) []quintain.Evidence {
	last, n := c.curve[len(c.curve)-1], c.test.Rows()
	fidelity := c.fidelity(last, seed)
	right := stats.Proportion("accuracy of the copy", last.right, n, seed)
	own := 0
	for i, y := range c.says {
		if y == c.test.Y[i] {
			own++
		}
	}
	model := stats.Proportion("accuracy of the model", own, n, seed)
	out := []quintain.Evidence{
		{Summary: "rows on which the copy agrees with the model", Excerpt: quintain.Excerpt(last.says), Measure: &fidelity, Repro: c.repro(seed)},
		{Summary: "rows that the copy classifies as their labels say", Measure: &right},
		{Summary: "and the model itself", Measure: &model},
	}
	if c.note != "" {
		out = append(out, quintain.Evidence{Summary: c.note})
	}
	if last.attacked {
		m := stats.Proportion("transfer success", last.fooled, last.turned, seed)
		out = append(out, quintain.Evidence{
			Summary: fmt.Sprintf("rows that projected gradient descent on the copy, within %v of each range, turns on the model", transferEps), Measure: &m,
		})
	}
	out = append(out, quintain.Evidence{
		Summary: fmt.Sprintf("what is no merit of the copy: a model that always says the same agrees on %s of the rows", percent(c.majority())),
	}, quintain.Evidence{Summary: "the curve: what copies are worth that cost less", Excerpt: quintain.Excerpt(c.table())})
	for _, goal := range goals {
		out = append(out, c.reach(goal, seed))
	}
	out = append(out, c.buys(seed)...)
	if text := c.quotas(); text != "" {
		out = append(out, quintain.Evidence{Summary: text})
	}
	return append(out, quintain.Evidence{Summary: c.cost(last.asked)})
}

// table writes the curve.
func (c *campaign) table() string {
	var b strings.Builder
	b.WriteString("queries  fidelity  accuracy  transfer\n")
	n := float64(c.test.Rows())
	for _, p := range c.curve {
		if p.score == nil {
			fmt.Fprintf(&b, "%7d  %s\n", p.budget, p.why)
			continue
		}
		moved := "-"
		if p.attacked {
			moved = percent(float64(p.fooled) / float64(p.turned))
		}
		fmt.Fprintf(&b, "%7d  %8s  %8s  %8s\n", p.asked, percent(float64(p.agrees)/n), percent(float64(p.right)/n), moved)
	}
	return b.String()
}

// reach says how many queries of the curve get to a fidelity. The interval goes
// from the first budget at which the interval of the fidelity reaches the goal
// to the first at which it lies above.
func (c *campaign) reach(goal float64, seed uint64) quintain.Evidence {
	at, low, high := 0, 0, 0
	for _, p := range c.curve {
		if p.score == nil {
			continue
		}
		m := c.fidelity(p, seed)
		if m.High >= goal && low == 0 {
			low = p.asked
		}
		if m.Value >= goal && at == 0 {
			at = p.asked
		}
		if m.Low >= goal && high == 0 {
			high = p.asked
		}
	}
	name := fmt.Sprintf("queries to %s fidelity", whole(goal))
	switch {
	case at == 0:
		return quintain.Evidence{Summary: fmt.Sprintf("%s: more than %d", name, c.queries)}
	case high == 0:
		return quintain.Evidence{Summary: fmt.Sprintf("%s: %d on the curve, at least %d; the rows are too few to say what is enough", name, at, low)}
	}
	return quintain.Evidence{
		Summary: name + ", among the budgets of the curve",
		Measure: &quintain.Measure{
			Name: name, Value: float64(at), Low: float64(min(low, at)), High: float64(max(high, at)), Trials: c.test.Rows(), Method: "clopper-pearson of the fidelity",
			Seed: seed, Unit: "queries",
		},
	}
}

// cost says what the copy costs whoever makes it.
func (c *campaign) cost(asked int) string {
	s := fmt.Sprintf("the copy costs %d queries", asked)
	if c.perSecond > 0 {
		s += fmt.Sprintf(", %.3g hours at %v a second", float64(asked)/c.perSecond/3600, c.perSecond)
	}
	if c.price > 0 {
		s += fmt.Sprintf(", %.4g at %v for 1,000 answers", float64(asked)*c.price/1000, c.price)
	}
	return s
}

// repro returns the command line that mounts the attack again.
func (c *campaign) repro(seed uint64) []string {
	cmd := []string{"quintain", "attack", c.target.Ref, "--check", c.attack.Name, "--seed", strconv.FormatUint(seed, 10)}
	for _, k := range []string{"data", "rows", "answers", "similar", "near", "source", "queries", "fidelity", "per-second", "price"} {
		if text, ok := c.target.With[k]; ok {
			cmd = append(cmd, "--"+k, text)
		}
	}
	return cmd
}
