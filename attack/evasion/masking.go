package evasion

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"quintain"
	"quintain/ml"
)

// What the checks for masked gradients use and allow.
const (
	maskRows    = 64   // rows to try larger budgets and noise on
	maskDraws   = 32   // of noise for each row
	maskZero    = 0.05 // of the rows may have no gradient
	maskStand   = 0.05 // of the rows may stand whatever changes
	noiseStream = 1 << 20
)

// A mask is what the checks for masked gradients found: reasons to believe
// that a stronger attack would succeed where this one did not.
//
// The rules are those of Carlini et al., "On Evaluating Adversarial
// Robustness" (2019), turned into numbers. That gradients agree with finite
// differences was checked when the model was opened.
type mask struct {
	checks  []maskCheck
	answers bool // nothing is seen but answers, so no gradients can be masked
}

type maskCheck struct {
	ok   bool
	says string
}

func (m *mask) add(ok bool, format string, args ...any) {
	m.checks = append(m.checks, maskCheck{ok, fmt.Sprintf(format, args...)})
}

func (m *mask) warnings() []string {
	var out []string
	for _, c := range m.checks {
		if !c.ok {
			out = append(out, c.says)
		}
	}
	return out
}

// doubt begins the summary of a pass that does not count.
func (m *mask) doubt() string {
	if m.answers {
		return "the attack may be too weak: "
	}
	return "the gradients may be masked: "
}

func (m *mask) evidence() quintain.Evidence {
	var b strings.Builder
	for _, c := range m.checks {
		word := "ok  "
		if !c.ok {
			word = "WARN"
		}
		fmt.Fprintf(&b, "%s  %s\n", word, c.says)
	}
	about := "masked gradients"
	if m.answers {
		about = "a weak attack"
	}
	return quintain.Evidence{
		Summary: fmt.Sprintf("%d of %d checks for %s found nothing", len(m.checks)-len(m.warnings()), len(m.checks), about),
		Excerpt: b.String(),
	}
}

// masking looks for masked gradients, or for other reasons why a black-box
// attack may have missed the way out.
func (c *campaign) masking(ctx context.Context) (mask, error) {
	m := mask{answers: c.attack.BlackBox}
	checks := []func(context.Context, *mask) error{c.unbounded, c.noise}
	if !m.answers {
		m.add(true, "gradients agree with finite differences")
		checks = append([]func(context.Context, *mask) error{c.oneStep}, checks...)
	}
	for _, check := range checks {
		if err := check(ctx, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// oneStep sees that rows have gradients, and that the attack is no weaker than
// one step along them.
func (c *campaign) oneStep(ctx context.Context, m *mask) error {
	b := c.trial.Batch
	dx := make([]float32, len(b.X))
	if _, _, err := ml.LossGrad(ctx, c.net, b, ml.CrossEntropy, dx); err != nil {
		return err
	}
	none, adv := 0, b.Clone()
	for i := range b.Rows() {
		g := dx[i*b.Dim : (i+1)*b.Dim]
		if flat(g, c.ball.Radius) {
			none++
		}
		c.ball.Step(adv.Row(i), g, b.Row(i), 1)
	}
	m.add(float64(none) <= maskZero*float64(b.Rows()), "%d of %d rows have no gradient to follow", none, b.Rows())
	fell, err := Fooled(ctx, c.net, adv)
	if err != nil {
		return err
	}
	m.add(c.fallen() >= count(fell), "the attack turns %d rows, one step along the gradient %d", c.fallen(), count(fell))
	return nil
}

// flat reports whether no feature that may move has a gradient that is a
// number other than zero.
func flat(g, radius []float32) bool {
	for i, v := range g {
		if radius[i] > 0 && v != 0 && !math.IsNaN(float64(v)) {
			return false
		}
	}
	return true
}

// unbounded sees that the attack turns every row once the budget is large
// enough.
func (c *campaign) unbounded(ctx context.Context, m *mask) error {
	tr := c.standing()
	total, left := tr.Batch.Rows(), tr.Batch.Rows()
	eps := c.eps
	for left > 0 && eps < 1 {
		eps = math.Min(eps*2, 1)
		tr.Ball = c.ball.Scaled(float32(eps / c.eps))
		_, fell, err := c.attack.mount(ctx, &tr)
		if err != nil {
			return err
		}
		var rest []int
		for i, f := range fell {
			if !f {
				rest = append(rest, i)
			}
		}
		tr.Batch, left = tr.Batch.Pick(rest), len(rest)
	}
	m.add(float64(left) <= maskStand*float64(total), "%d of %d rows stand though features may change by %s of their range", left, total, percent(eps))
	return nil
}

// noise sees that blind luck does not turn rows that the attack cannot turn.
func (c *campaign) noise(ctx context.Context, m *mask) error {
	tr := c.standing()
	b := tr.Batch
	lucky := make([]bool, b.Rows())
	for draw := range maskDraws {
		adv := b.Clone()
		for i := range b.Rows() {
			corner(c.ball, adv.Row(i), b.Row(i), tr.Rand(i, noiseStream+draw))
		}
		fell, err := Fooled(ctx, c.net, adv)
		if err != nil {
			return err
		}
		for i, f := range fell {
			lucky[i] = lucky[i] || f
		}
	}
	m.add(count(lucky) == 0, "random noise turns %d of %d rows that the attack does not", count(lucky), b.Rows())
	return nil
}

// corner moves every feature of x as far as it may go, up or down.
func corner(b Ball, x, center []float32, rng *rand.Rand) {
	for i := range x {
		if x[i] += b.Radius[i]; rng.IntN(2) == 0 {
			x[i] -= 2 * b.Radius[i]
		}
	}
	b.Clip(x, center)
}

// standing returns a trial of some rows that the attack did not turn.
func (c *campaign) standing() Trial {
	tr := c.trial
	var rows []int
	for i, f := range c.fell {
		if !f && len(rows) < maskRows {
			rows = append(rows, i)
		}
	}
	tr.Batch = tr.Batch.Pick(rows)
	return tr
}
