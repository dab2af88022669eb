package extraction

import (
	"context"
	"fmt"
	"math"
	"strings"

	"quintain"
)

// A trend is what the same attack gets from a model that tells less.
type trend struct {
	answers Answers
	often   int     // that each row is asked about
	points  []point // by budget; the last is the whole budget
}

// repeats is how often an attacker asks about each row who hopes that the mean
// of the answers has less noise than one of them.
const repeats = 10

// harden mounts the attack on the model with every kind of answers that tells
// less: with the queries that were enough for the goal, with twice and four
// times as many and so on until they are enough again, and with the whole
// budget. Noise is also met by an attacker who asks about every row several
// times.
func (c *campaign) harden(ctx context.Context, seed uint64) error {
	goal, open := c.goal()
	for _, answers := range c.answers.weaker(c.victim.Spec().Classes) {
		for _, often := range []int{1, repeats} {
			if often > 1 && answers.Noise() == 0 {
				continue
			}
			t := trend{answers: answers, often: often}
			for n := open; goal > 0 && n < c.queries && t.reaches(goal, c.test.Rows()) == 0; n *= 2 {
				if err := c.extend(ctx, &t, n, seed); err != nil {
					return err
				}
			}
			if err := c.extend(ctx, &t, c.queries, seed); err != nil {
				return err
			}
			c.hardened = append(c.hardened, t)
		}
	}
	return nil
}

func (c *campaign) extend(ctx context.Context, t *trend, budget int, seed uint64) error {
	p, err := c.try(ctx, t.answers, t.often, budget, seed, false)
	t.points = append(t.points, p)
	return err
}

// goals are the fidelities that a thief may be after.
var goals = []float64{0.9, 0.95, 0.99}

// goal returns the highest of the goals that the attack reached, and with how
// many queries; 0 if there is none.
func (c *campaign) goal() (goal float64, asked int) {
	for _, g := range goals {
		if n := (trend{points: c.curve}).reaches(g, c.test.Rows()); n > 0 {
			goal, asked = g, n
		}
	}
	return goal, asked
}

func (p point) reaches(goal float64, rows int) bool {
	return p.score != nil && float64(p.agrees) >= goal*float64(rows)
}

// reaches returns how many queries get to a goal, 0 if none of the points does.
func (t trend) reaches(goal float64, rows int) int {
	for _, p := range t.points {
		if p.reaches(goal, rows) {
			return p.asked
		}
	}
	return 0
}

// name says what is told, and how the attacker meets it.
func (t trend) name() string {
	if t.often > 1 {
		return fmt.Sprintf("%s, mean of %d answers to each question", t.answers, t.often)
	}
	return t.answers.String()
}

// buys says what telling less would buy: how much fidelity it takes with as many
// queries, and how many more queries the same fidelity takes.
func (c *campaign) buys(seed uint64) []quintain.Evidence {
	var out []quintain.Evidence
	for _, t := range c.hardened {
		last := t.points[len(t.points)-1]
		says := fmt.Sprintf("if the model told %s only", t.answers)
		if t.often > 1 {
			says += fmt.Sprintf(", and the attacker took the mean of %d answers to each question", t.often)
		}
		if last.score == nil {
			out = append(out, quintain.Evidence{Summary: says + ": " + last.why})
			continue
		}
		m := c.fidelity(last, seed)
		m.Name = "fidelity, " + t.name()
		gain := float64(last.agrees-c.curve[len(c.curve)-1].agrees) / float64(c.test.Rows())
		says += fmt.Sprintf(", the same attack with as many queries: %+.1f points", 100*gain)
		out = append(out, quintain.Evidence{Summary: says + c.factor(t), Measure: &m})
	}
	return out
}

// factor says how many times the queries t takes to get where the attack got.
func (c *campaign) factor(t trend) string {
	goal, open := c.goal()
	if goal == 0 {
		return ""
	}
	switch n := t.reaches(goal, c.test.Rows()); {
	case n == 0:
		return fmt.Sprintf("; it buys more than %.3g times the queries to %s", float64(c.queries)/float64(open), whole(goal))
	case n <= open:
		return fmt.Sprintf("; it buys nothing: %s takes %d queries", whole(goal), n)
	default:
		return fmt.Sprintf("; it buys up to %.2g times the queries to %s, %d instead of %d", float64(n)/float64(open), whole(goal), n, open)
	}
}

// quotas says how many accounts it takes to get to a goal if each may ask so
// many questions only.
func (c *campaign) quotas() string {
	goal, need := c.goal()
	if goal == 0 || need < 2 {
		return ""
	}
	var parts []string
	for _, n := range []int{10, 100, 1000} {
		if n < need {
			parts = append(parts, fmt.Sprintf("%.0f accounts at %d", math.Ceil(float64(need)/float64(n)), n))
		}
	}
	if parts == nil {
		parts = []string{fmt.Sprintf("2 accounts at %d", (need+1)/2)}
	}
	return fmt.Sprintf("a quota of questions buys accounts: %s fidelity takes %s questions each", whole(goal), strings.Join(parts, ", "))
}

// whole writes a proportion that is a whole percentage.
func whole(p float64) string { return fmt.Sprintf("%.0f%%", 100*p) }
