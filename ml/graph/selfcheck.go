package graph

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/ml"
)

// What the self-check demands.
const (
	checkPoints     = 8
	checkDirections = 4
	checkTolerance  = 1e-3 // of the size of the gradient
	checkAgree      = 0.9  // of the probes, because some meet a kink
)

// checkSteps are the steps of finite differences, of the scale of a feature. A
// network of millions of Relus has kinks within the first nearly everywhere, and
// few within the second.
var checkSteps = [...]float64{1e-5, 1e-7}

// SelfCheck holds the model against itself near rows of x: its gradients
// against finite differences in double precision in random directions, single
// against double precision, and every row alone against the same row among
// others. Scale says how far each feature ranges. The error wraps
// [ml.ErrSelfCheck], unless ctx ended, or the model is fine but has no
// gradients; it then wraps [ml.ErrNoGradient].
func (n *Net) SelfCheck(ctx context.Context, x ml.Batch, scale []float32, seed uint64) error {
	x.Y = nil
	if err := x.Check(n.spec); err != nil {
		return err
	}
	if x.Rows() == 0 || len(scale) != x.Dim {
		return fmt.Errorf("%d rows and %d scales to check a model of %d features with", x.Rows(), len(scale), x.Dim)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	points := ml.Batch{Dim: x.Dim}
	for range checkPoints {
		for i, v := range x.Row(rng.IntN(x.Rows())) {
			points.X = append(points.X, v+(rng.Float32()-0.5)*0.02*scale[i])
		}
	}
	c := &checker{n: n, points: points, scale: scale, rng: rng}
	if n.blind != nil {
		if err := c.rowsAlone(ctx); err != nil {
			return c.verdict(ctx, err)
		}
		return n.blind
	}
	err := c.prepare()
	if err == nil {
		err = c.run(ctx)
	}
	return c.verdict(ctx, err)
}

// verdict is what err, the end of a self-check, means.
func (c *checker) verdict(ctx context.Context, err error) error {
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ml.ErrSelfCheck, err)
	}
	return nil
}

// A checker is one self-check.
type checker struct {
	n      *Net
	points ml.Batch
	scale  []float32
	rng    *rand.Rand
	exact  *machine[float64]
}

// prepare compiles the model in double precision.
func (c *checker) prepare() error {
	rows := 1
	if c.n.fixed {
		rows = c.n.chunk
	}
	p, err := compileRows[float64](c.n, rows, nil)
	if err == nil {
		c.exact = newMachine(p)
	}
	return err
}

// run says what is wrong.
func (c *checker) run(ctx context.Context) error {
	if err := c.rowsAlone(ctx); err != nil {
		return err
	}
	agree, same, total := 0, 0, 0
	for i := range c.points.Rows() {
		a, s, err := c.point(ctx, c.points.Row(i))
		if err != nil {
			return err
		}
		agree, same, total = agree+a, same+s, total+checkDirections
	}
	switch need := int(checkAgree * float64(total)); {
	case agree < need:
		return fmt.Errorf("the gradient agrees with finite differences in %d of %d probes", agree, total)
	case same < need:
		return fmt.Errorf("single and double precision agree in %d of %d probes", same, total)
	}
	return nil
}

// rowsAlone checks that rows do not influence each other.
func (c *checker) rowsAlone(ctx context.Context) error {
	all, err := c.n.Predict(ctx, c.points)
	if err != nil {
		return err
	}
	k := c.n.spec.Classes
	for i := range c.points.Rows() {
		z, err := c.n.Predict(ctx, c.points.Pick([]int{i}))
		if err != nil {
			return err
		}
		for j, v := range z {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("logit %d is %v", j, v)
			}
		}
		if !slices.Equal(z, all[i*k:(i+1)*k]) {
			return fmt.Errorf("what the model says of a row depends on the rows beside it")
		}
	}
	return nil
}

// point counts, of some random directions and sums of logits, in how many the
// gradient at x agrees with finite differences, and in how many single agrees
// with double precision.
func (c *checker) point(ctx context.Context, x []float32) (agree, same int, err error) {
	outs := size(c.exact.prog.out.shape) / c.exact.prog.rows
	at := make([]float64, len(x))
	for i, v := range x {
		at[i] = float64(v)
	}
	for range checkDirections {
		weights, dir := c.signs(outs), c.signs(len(x))
		for i := range dir {
			dir[i] *= float64(c.scale[i])
		}
		if _, err := c.sum(ctx, at, dir, 0, weights); err != nil {
			return 0, 0, err
		}
		out, err := c.exact.backward(ctx, func(dout []float64) { copy(dout, weights) })
		if err != nil {
			return 0, 0, err
		}
		g := slices.Clone(out)
		right, err := c.probe(ctx, at, dir, weights, g)
		if err != nil {
			return 0, 0, err
		}
		if right {
			agree++
		}
		ok, err := c.single(ctx, x, g, weights)
		if err != nil {
			return 0, 0, err
		}
		if ok {
			same++
		}
	}
	return agree, same, nil
}

// probe reports whether the gradient g at x agrees with a finite difference in
// direction dir. A shorter step counts only where rounding leaves it as sharp.
func (c *checker) probe(ctx context.Context, x, dir, weights, g []float64) (bool, error) {
	var slope, norm float64
	for i, d := range dir {
		slope += g[i] * d
		norm += g[i] * d * g[i] * d
	}
	slack := checkTolerance * math.Sqrt(norm)
	for k, step := range checkSteps {
		up, err := c.sum(ctx, x, dir, step, weights)
		if err != nil {
			return false, err
		}
		down, err := c.sum(ctx, x, dir, -step, weights)
		if err != nil {
			return false, err
		}
		rounding := 1e-14 * (math.Abs(up) + math.Abs(down)) / step
		if k > 0 && rounding > slack {
			break
		}
		if math.Abs((up-down)/(2*step)-slope) <= slack+rounding {
			return true, nil
		}
	}
	return false, nil
}

// sum returns the weighted sum of the logits at x + step·dir.
func (c *checker) sum(ctx context.Context, x, dir []float64, step float64, weights []float64) (float64, error) {
	in := c.exact.val[0]
	for i := range x {
		in[i] = x[i] + step*dir[i]
	}
	clear(in[len(x):])
	z, err := c.exact.forward(ctx)
	if err != nil {
		return 0, err
	}
	var s float64
	for j, w := range weights {
		s += w * z[j]
	}
	return s, nil
}

// single reports whether the gradient in single precision points the way that
// exact does.
func (c *checker) single(ctx context.Context, x []float32, exact, weights []float64) (bool, error) {
	dx := make([]float32, len(x))
	err := c.n.VJP(ctx, ml.Batch{X: x, Dim: len(x)}, func(_ int, _, dz []float32) {
		for j := range dz {
			dz[j] = float32(weights[min(j, len(weights)-1)])
		}
	}, dx)
	var dot, a, b float64
	for i, v := range dx {
		s := float64(c.scale[i])
		dot += float64(v) * s * exact[i] * s
		a += float64(v) * s * float64(v) * s
		b += exact[i] * s * exact[i] * s
	}
	return a == 0 && b == 0 || dot > 0.99*math.Sqrt(a*b), err
}

func (c *checker) signs(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(2*c.rng.IntN(2) - 1)
	}
	return out
}
