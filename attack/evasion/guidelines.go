package evasion

import (
	"context"
	"math"
	"math/rand/v2"

	"quintain/ml"
)

// oneStep sees that the attack is no weaker than one step along the gradient
// (G1), row by row.
func (c *campaign) oneStep(ctx context.Context, m *mask) error {
	if c.opaque() {
		m.add("G1", warn, "no gradient to take one step along")
		return nil
	}
	b := c.trial.Batch
	dx := make([]float32, len(b.X))
	if _, _, err := ml.LossGrad(ctx, c.model, b, ml.CrossEntropy, dx); err != nil {
		return err
	}
	adv := b.Clone()
	for i := range b.Rows() {
		c.ball.Step(adv.Row(i), dx[i*b.Dim:(i+1)*b.Dim], b.Row(i), 1)
	}
	fell, err := Fooled(ctx, c.model, adv)
	if err != nil {
		return err
	}
	missed := 0
	for i, f := range fell {
		if f && !c.fell[i] {
			missed++
		}
	}
	m.need("G1", missed == 0, "the attack turns %d rows, one step along the gradient %d, of them %d others", c.fallen(), count(fell), missed)
	return nil
}

// inside sees that nobody who sees only answers turns rows that those who see
// inside cannot (G2).
func (c *campaign) inside(_ context.Context, m *mask) error {
	if c.opaque() {
		m.add("G2", pass, "nobody sees inside, so there is nothing to hide")
		return nil
	}
	seen := false
	for _, st := range c.stages {
		if st.attack.BlackBox {
			seen = true
			m.need("G2", len(st.turned) == 0, "%s, which sees answers only, turns %d of %d rows that the others do not", st.attack.Name, len(st.turned), st.tried)
		}
	}
	if !seen {
		m.add("G2", pass, "no row was left for an attack that sees answers only")
	}
	return nil
}

// monotone sees that no row falls within half of the budget that stands within
// all of it (G3).
func (c *campaign) monotone(ctx context.Context, m *mask) error {
	tr := c.standing(maskFew)
	tr.Ball = c.ball.Scaled(0.5)
	fell, err := c.again(ctx, tr)
	if err != nil {
		return err
	}
	m.need("G3", count(fell) == 0, "with half of the budget %d of %d rows fall that stand with all of it", count(fell), len(fell))
	return nil
}

// again mounts the attack once more and returns which rows fell.
func (c *campaign) again(ctx context.Context, tr *Trial) ([]bool, error) {
	if tr.Batch.Rows() == 0 {
		return nil, nil
	}
	if c.attack.Run == nil && tr.Budget.Queries == 0 {
		tr.Budget.Queries = maskQueries
	}
	_, fell, err := c.attack.mount(ctx, c.subject, tr)
	return fell, err
}

// unbounded sees that the attack turns every row once the budget is large
// enough (G4).
func (c *campaign) unbounded(ctx context.Context, m *mask) error {
	tr := c.standing(maskRows)
	total, left := tr.Batch.Rows(), tr.Batch.Rows()
	eps, most := c.eps, 1.0
	if c.ball.Norm == L2 {
		most = math.Sqrt(float64(c.batch.Dim))
	}
	for left > 0 && eps < most {
		eps = math.Min(eps*2, most)
		tr.Ball = c.ball.Scaled(float32(eps / c.eps))
		fell, err := c.again(ctx, tr)
		if err != nil {
			return err
		}
		tr = tr.Pick(indices(fell, false))
		left = tr.Batch.Rows()
	}
	m.need("G4", float64(left) <= maskStand*float64(total), "%d of %d rows stand though features may change by %s of their range", left, total, percent(eps))
	return nil
}

// converged sees that twice the steps turn no more rows (G5).
func (c *campaign) converged(ctx context.Context, m *mask) error {
	tr := c.standing(maskFew)
	tr.Budget.times = 2
	fell, err := c.again(ctx, tr)
	if err != nil {
		return err
	}
	m.need("G5", c.few(fell), "twice the steps turn %d of %d rows that stand", count(fell), len(fell))
	return nil
}

// few reports whether no more than some of all rows would fall, if as large a
// share of those that stand fell as of those tried.
func (c *campaign) few(fell []bool) bool {
	if len(fell) == 0 {
		return true
	}
	stand := float64(len(c.at) - c.fallen())
	return float64(count(fell))/float64(len(fell))*stand < maskMore*float64(len(c.rows))
}

// restarts sees that other random starts turn no more rows (G6).
func (c *campaign) restarts(ctx context.Context, m *mask) error {
	const times = 3
	var any []bool
	for k := range uint64(times) {
		tr := c.standing(maskFew)
		tr.Seed += k + 1
		fell, err := c.again(ctx, tr)
		if err != nil {
			return err
		}
		if any == nil {
			any = make([]bool, len(fell))
		}
		for i, f := range fell {
			any[i] = any[i] || f
		}
	}
	m.need("G6", c.few(any), "%d more rounds of random starts turn %d of %d rows that stand", times, count(any), len(any))
	return nil
}

// strides sees that a plain ascent with steps of other sizes turns no more rows
// (G7).
func (c *campaign) strides(ctx context.Context, m *mask) error {
	if c.opaque() {
		m.add("G7", pass, "no steps along a gradient whose size could be wrong")
		return nil
	}
	tr := c.standing(maskRows)
	any := make([]bool, tr.Batch.Rows())
	for _, size := range []float32{0.25, 0.5, 1, 2, 4} {
		fell, err := climb(ctx, c.model, tr, ml.Margin, 20, size*2.5/20)
		if err != nil {
			return err
		}
		for i, f := range fell {
			any[i] = any[i] || f
		}
	}
	m.need("G7", c.few(any), "plain ascent with a quarter to four times its step turns %d of %d rows that stand", count(any), len(any))
	return nil
}

// climb takes steps of share radii up a loss and returns which rows fell.
func climb(ctx context.Context, model ml.Model, tr *Trial, loss ml.Loss, steps int, share float32) ([]bool, error) {
	adv := tr.Batch.Clone()
	any, dx := make([]bool, adv.Rows()), make([]float32, len(adv.X))
	for range steps {
		if adv.Rows() == 0 {
			break
		}
		if _, _, err := ml.LossGrad(ctx, model, adv, loss, dx); err != nil {
			return nil, err
		}
		for i := range adv.Rows() {
			tr.Ball.Step(adv.Row(i), dx[i*adv.Dim:(i+1)*adv.Dim], tr.Batch.Row(i), share)
		}
		fell, err := Fooled(ctx, tr.Model, adv)
		if err != nil {
			return nil, err
		}
		for i, f := range fell {
			any[i] = any[i] || f
		}
	}
	return any, nil
}

// noise sees that blind luck does not turn rows that the attack cannot turn
// (G8).
func (c *campaign) noise(ctx context.Context, m *mask) error {
	tr := c.standing(maskRows)
	b := tr.Batch
	draws := maskDraws
	if b.Dim > 256 {
		draws = max(32, maskDraws*256/b.Dim)
	}
	lucky := make([]bool, b.Rows())
	for draw := range draws {
		adv := b.Clone()
		for i := range b.Rows() {
			rng := tr.Rand(i, noiseStream+draw)
			if draw%2 == 0 {
				corner(c.ball, adv.Row(i), b.Row(i), rng)
			} else {
				c.ball.Scatter(adv.Row(i), b.Row(i), rng)
			}
		}
		fell, err := Fooled(ctx, c.model, adv)
		if err != nil {
			return err
		}
		for i, f := range fell {
			lucky[i] = lucky[i] || f
		}
	}
	m.need("G8", count(lucky) == 0, "random noise turns %d of %d rows that the attack does not, in %d draws for each", count(lucky), b.Rows(), draws)
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
func (c *campaign) standing(most int) *Trial {
	rows := indices(c.fell, false)
	return c.trial.Pick(rows[:min(most, len(rows))])
}

// indices lists where b is v.
func indices(b []bool, v bool) []int {
	var out []int
	for i, x := range b {
		if x == v {
			out = append(out, i)
		}
	}
	return out
}
