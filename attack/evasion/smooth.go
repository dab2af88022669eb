package evasion

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"quintain"
	"quintain/ml"
	"quintain/ml/bound"
	"quintain/stats"
)

// How rows are smoothed; the paper draws 100,000 times to estimate.
const (
	smoothRows   = 100
	smoothChoose = 100
	smoothDraws  = 10_000
	smoothAlpha  = 0.001
	smoothStream = 3 << 20
)

// smoothed certifies the classifier that answers what the model says most often
// of a row with noise. It is another classifier than the one attacked: it must
// be run that way to have the radius.
func (c *campaign) smoothed(ctx context.Context, seed uint64) (quintain.Evidence, error) {
	n := min(smoothRows, c.batch.Rows())
	radii, abstained := make([]float64, n), 0
	var mean float64
	for i := range n {
		class, hits, err := c.vote(ctx, i, seed)
		if err != nil {
			return quintain.Evidence{}, err
		}
		r := bound.Smoothed(hits, smoothDraws, smoothAlpha)
		radii[i] = -1
		switch {
		case r == 0:
			abstained++
		case class == int(c.batch.Y[i]):
			radii[i] = r * c.smooth
			mean += radii[i] / float64(n)
		}
	}
	at := func(r float64) int {
		k := 0
		for _, v := range radii {
			if v >= r {
				k++
			}
		}
		return k
	}
	var b strings.Builder
	for _, f := range []float64{0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3} {
		fmt.Fprintf(&b, "l2 radius %.4g: %d of %d rows\n", f*c.smooth, at(f*c.smooth), n)
	}
	m := stats.Proportion("certified accuracy of the smoothed model", at(c.within()), n, seed)
	return quintain.Evidence{
		Summary: fmt.Sprintf("rows that the model smoothed by noise of deviation %.4g classifies correctly within an l2 distance of %.4g, in units of each feature's range (randomized smoothing, %d draws a row, "+
			"each radius right with probability %v; %d abstentions, mean radius %.4g, the largest possible is %.4g); the model as it is has no such radius",
			c.smooth, c.within(), smoothDraws, 1-smoothAlpha, abstained, mean, c.smooth*bound.Smoothed(smoothDraws, smoothDraws, smoothAlpha)),
		Excerpt: strings.TrimSpace(b.String()), Measure: &m,
	}, nil
}

// within is the radius of a round ball around that of the attack: changes of
// up to eps in every feature are no longer than eps times the root of their
// number.
func (c *campaign) within() float64 {
	if c.ball.Norm == L2 {
		return c.eps
	}
	return c.eps * math.Sqrt(float64(c.batch.Dim))
}

// vote chooses the answer for row i with some draws, and counts how many of
// others give it.
func (c *campaign) vote(ctx context.Context, i int, seed uint64) (class, hits int, err error) {
	rng := rand.New(rand.NewPCG(seed, smoothStream+uint64(c.rows[i])))
	first, err := c.poll(ctx, i, smoothChoose, rng)
	if err != nil {
		return 0, 0, err
	}
	for j, n := range first {
		if n > first[class] {
			class = j
		}
	}
	for left := smoothDraws; left > 0; left -= 1000 {
		more, err := c.poll(ctx, i, min(left, 1000), rng)
		if err != nil {
			return 0, 0, err
		}
		hits += more[class]
	}
	return class, hits, nil
}

// poll counts the answers for row i with noise, n times.
func (c *campaign) poll(ctx context.Context, i, n int, rng *rand.Rand) ([]int, error) {
	b := ml.Batch{X: make([]float32, 0, n*c.batch.Dim), Dim: c.batch.Dim}
	for range n {
		for k, v := range c.batch.Row(i) {
			b.X = append(b.X, v+float32(rng.NormFloat64()*c.smooth)*c.scale[k])
		}
	}
	z, err := c.plain.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	k := c.plain.Spec().Classes
	out := make([]int, k)
	for r := range n {
		if y := ml.Argmax(z[r*k : (r+1)*k]); y >= 0 {
			out[y]++
		}
	}
	return out, nil
}
