package apgd

import (
	"slices"

	"quintain/attack/evasion"
)

const (
	momentum = 0.75 // the weight of the new direction, not of the old one
	enough   = 0.75 // of the steps should gain something
)

// A climber is one row on its way up the loss.
type climber struct {
	row            int
	x, prev, grad  []float32 // where it is and was, and the gradient where it is
	top, topGrad   []float32 // the best place so far
	loss, was, max float64   // where it is, where it was, and at the top
	step           float32   // in radii

	gained int     // steps that went up since the last checkpoint
	mark   float64 // the top at the last checkpoint
	halved bool    // the step was halved there
}

// newClimber places a climber at the row itself in start 0, else at random.
func newClimber(tr *evasion.Trial, row, start int) *climber {
	c := &climber{row: row, x: slices.Clone(tr.Batch.Row(row)), grad: make([]float32, tr.Batch.Dim), step: 2}
	if start > 0 {
		tr.Ball.Scatter(c.x, tr.Batch.Row(row), tr.Rand(row, start))
	}
	return c
}

// begin makes the place where the climber is its top.
func (c *climber) begin() {
	c.prev, c.top, c.topGrad = slices.Clone(c.x), slices.Clone(c.x), slices.Clone(c.grad)
	c.was, c.max, c.mark = c.loss, c.loss, c.loss
}

// move goes along the gradient, and on where it went before. The first step
// has nothing before it.
func (c *climber) move(ball evasion.Ball, center []float32, first bool) {
	next := slices.Clone(c.x)
	ball.Step(next, c.grad, center, c.step)
	if !first {
		for i, x := range c.x {
			next[i] = x + momentum*(next[i]-x) + (1-momentum)*(x-c.prev[i])
		}
		ball.Clip(next, center)
	}
	c.prev, c.x, c.was = c.x, next, c.loss
}

// note remembers what the last move brought.
func (c *climber) note() {
	if c.loss > c.was {
		c.gained++
	}
	if c.loss > c.max {
		c.max = c.loss
		copy(c.top, c.x)
		copy(c.topGrad, c.grad)
	}
}

// lookBack halves the step and goes back to the top if too few of the last
// steps went up, or if neither the step nor the top has changed since the last
// checkpoint.
func (c *climber) lookBack(steps int) {
	stalled := float64(c.gained) < enough*float64(steps) || !c.halved && c.max == c.mark
	if stalled {
		c.step /= 2
		copy(c.x, c.top)
		copy(c.grad, c.topGrad)
		c.loss = c.max
	}
	c.gained, c.mark, c.halved = 0, c.max, stalled
}
