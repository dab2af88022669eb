package smoothing

import (
	"context"
	"math"

	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// smoothed answers the mean of what net says of noisy copies of a row. The noise
// depends on the row.
type smoothed struct {
	net   *graph.Net
	scale []float32
	draws int
	seed  uint64
}

// Spec implements [ml.Oracle].
func (s *smoothed) Spec() ml.Spec { return s.net.Spec() }

// Predict implements [ml.Oracle]. Logits are logarithms of mean probabilities.
func (s *smoothed) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	noisy := ml.Batch{X: make([]float32, 0, len(x.X)*s.draws), Dim: x.Dim}
	for i := range x.Rows() {
		rng := defend.RowRand(s.seed, x.Row(i))
		for d := range s.draws {
			noisy.X = append(noisy.X, x.Row(i)...)
			blur(noisy.Row(i*s.draws+d), s.scale, rng)
		}
	}
	p, err := s.net.Predict(ctx, noisy)
	if err != nil {
		return nil, err
	}
	return mean(p, s.draws, s.net.Spec().Classes), nil
}

// mean turns the logits p, in place, into probabilities, and returns the
// logarithms of the mean over so many draws of each row.
func mean(p []float32, draws, k int) []float32 {
	out := make([]float32, len(p)/draws)
	z := make([]float32, k)
	for i := range len(p) / k {
		row := p[i*k : (i+1)*k]
		copy(z, row)
		train.Softmax(z, row)
		for c, v := range row {
			out[i/draws*k+c] += v / float32(draws)
		}
	}
	for i, v := range out {
		out[i] = float32(math.Log(max(float64(v), least)))
	}
	return out
}

// least keeps logarithms finite.
const least = 1e-30

// expected is what an attacker follows who knows everything but the noise: the
// mean over noise of the attacker's own, the same for all rows, with its exact
// gradient (expectation over transformation: Athalye, Carlini, Wagner, ICML
// 2018, arXiv:1802.00420).
type expected struct {
	net   *graph.Net
	noise ml.Batch
	scale []float32
}

// Spec implements [ml.Oracle].
func (e *expected) Spec() ml.Spec { return e.net.Spec() }

func (e *expected) noisy(x ml.Batch) ml.Batch {
	n := e.noise.Rows()
	out := ml.Batch{X: make([]float32, 0, len(x.X)*n), Dim: x.Dim}
	for i := range x.Rows() {
		for d := range n {
			for j, v := range x.Row(i) {
				out.X = append(out.X, v+e.noise.Row(d)[j])
			}
		}
	}
	return out
}

// Predict implements [ml.Oracle].
func (e *expected) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	p, err := e.net.Predict(ctx, e.noisy(x))
	if err != nil {
		return nil, err
	}
	return mean(p, e.noise.Rows(), e.net.Spec().Classes), nil
}

// VJP implements [ml.Model].
func (e *expected) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	noisy, n, k := e.noisy(x), e.noise.Rows(), e.net.Spec().Classes
	p, err := e.net.Predict(ctx, noisy)
	if err != nil {
		return err
	}
	z := mean(p, n, k) // p holds probabilities from here on
	dz := make([]float32, len(z))
	for i := range x.Rows() {
		seed(i, z[i*k:(i+1)*k], dz[i*k:(i+1)*k])
	}
	all := make([]float32, len(noisy.X))
	err = e.net.VJP(ctx, noisy, func(r int, _, d []float32) {
		slope(d, dz[r/n*k:(r/n+1)*k], z[r/n*k:(r/n+1)*k], p[r*k:(r+1)*k], n)
	}, all)
	if err != nil {
		return err
	}
	clear(dx)
	for r := range noisy.Rows() {
		to := dx[r/n*x.Dim : (r/n+1)*x.Dim]
		for j, v := range all[r*x.Dim : (r+1)*x.Dim] {
			to[j] += v
		}
	}
	return nil
}

// slope carries dz, the gradient with respect to the logarithms z of mean
// probabilities, back to the logits of one draw of n, whose probabilities are p.
func slope(d, dz, z, p []float32, n int) {
	var dot float64
	g := make([]float64, len(d))
	for c, v := range dz {
		g[c] = float64(v) / math.Exp(float64(z[c])) / float64(n)
		dot += g[c] * float64(p[c])
	}
	for c := range d {
		d[c] = float32(float64(p[c]) * (g[c] - dot))
	}
}
