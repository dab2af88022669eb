// Package inversion reads off a model what its classes look like, beside what
// anybody could know.
package inversion

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"quintain"
	"quintain/attack/privacy"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

//go:embed inversion.md
var doc string

// Attack climbs to rows that the model is sure of.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/inversion",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.001", "AML.T0024", "ML03:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Fredrikson, Jha, Ristenpart: Model Inversion Attacks that Exploit Confidence Information, CCS 2015, algorithm MI-Face",
	Audit: audit,
}

const (
	steps = 2000
	rate  = 0.1
	sure  = 0.99 // where the climb ends
)

// A space is rows scaled so that every public feature ranges from 0 to 1.
type space struct{ low, span []float32 }

func newSpace(b ml.Batch) *space {
	s := &space{low: append([]float32(nil), b.Row(0)...), span: make([]float32, b.Dim)}
	high := append([]float32(nil), b.Row(0)...)
	for i := range b.Rows() {
		for k, v := range b.Row(i) {
			s.low[k], high[k] = min(s.low[k], v), max(high[k], v)
		}
	}
	for k := range high {
		s.span[k] = high[k] - s.low[k]
	}
	return s
}

func (s *space) to(b ml.Batch) ml.Batch {
	b = b.Clone()
	for i := range b.Rows() {
		for k, x := range b.Row(i) {
			if s.span[k] > 0 {
				b.Row(i)[k] = (x - s.low[k]) / s.span[k]
			}
		}
	}
	return b
}

func audit(ctx context.Context, w *privacy.World) (privacy.Conclusion, error) {
	var out privacy.Conclusion
	if blind := w.Net.Gradients(); blind != nil {
		return privacy.Conclusion{Outcome: quintain.NotApplicable, Summary: "the attack follows gradients: " + blind.Error()}, nil //nolint:nilerr // a model without gradients is an answer
	}
	s := newSpace(w.Others)
	members, others := s.to(w.Members), s.to(w.Others)
	private, public := means(members, w.Classes), means(others, w.Classes)
	found, err := invert(ctx, w.Net, s, w.Classes)
	if err != nil {
		return out, err
	}
	at := s.to(found)
	judge, err := evaluator(ctx, others, w.Classes, w.Seed)
	if err != nil {
		return out, err
	}
	noise := at.Clone()
	rng := rand.New(rand.NewPCG(w.Seed, 4))
	for i := range noise.X {
		noise.X[i] = rng.Float32()
	}
	for _, c := range []struct {
		name string
		rows ml.Batch
	}{{"found by the attack", at}, {"the mean of public rows", pack(public, at)}, {"uniform noise", noise}} {
		hits, err := train.Accuracy(ctx, judge, c.rows)
		if err != nil {
			return out, err
		}
		out.Evidence = append(out.Evidence, quintain.Evidence{Summary: fmt.Sprintf(
			"%s: %d of %d classes recognized by an independent model, mean distance to the private class mean %.3f in units of the range of features",
			c.name, hits, c.rows.Rows(), meanDistance(c.rows, private))})
	}
	closer, n := nearer(at, private, public)
	m := stats.Proportion("classes found closer to the training data than the public mean", closer, n, w.Seed)
	out.Evidence = append(out.Evidence, quintain.Evidence{Summary: "the advantage over what needs no model", Measure: &m})
	out.Summary = fmt.Sprintf("for %d of %d classes what was read off the model is closer to the training data than the mean of public rows", closer, n)
	if out.Control, err = control(ctx, w, s, private, public); err != nil {
		return out, err
	}
	switch {
	case m.Low > 0.5:
		out.Outcome, out.Severity = quintain.Fail, quintain.High
	case m.High <= 0.5 && out.Control != nil:
		out.Outcome = quintain.Pass
	default:
		out.Summary += fmt.Sprintf("; %d classes cannot tell", n)
	}
	return out, nil
}

// evaluator trains a network of its own shape on public rows.
func evaluator(ctx context.Context, public ml.Batch, classes int, seed uint64) (*graph.Net, error) {
	g, err := train.Fit(ctx, train.MLP([]int{public.Dim, 48, classes}, seed), public, train.Options{Epochs: 60, Batch: 16, Seed: seed})
	if err != nil {
		return nil, fmt.Errorf("train the independent model: %w", err)
	}
	return graph.Compile(g, graph.Options{})
}

// invert climbs from the lowest corner of the public range, one row for each
// class.
func invert(ctx context.Context, m ml.Model, s *space, classes int) (ml.Batch, error) {
	b := ml.Batch{Dim: len(s.low)}
	for y := range classes {
		b.X, b.Y = append(b.X, s.low...), append(b.Y, int32(y))
	}
	dx, p := make([]float32, len(b.X)), make([]float64, classes)
	for range steps {
		least := 1.0
		err := m.VJP(ctx, b, func(row int, z, dz []float32) { p[row] = lack(z, int(b.Y[row]), dz) }, dx)
		if err != nil {
			return b, fmt.Errorf("invert: %w", err)
		}
		for i := range b.Rows() {
			if least = min(least, 1-p[i]); 1-p[i] >= sure {
				continue
			}
			x := b.Row(i)
			for k := range x {
				// The step is one of the scaled row, so the range counts twice.
				x[k] = min(max(x[k]-rate*dx[i*b.Dim+k]*s.span[k]*s.span[k], s.low[k]), s.low[k]+s.span[k])
			}
		}
		if math.IsNaN(least) {
			return b, errors.New("invert: what the model says is not a number")
		}
		if least >= sure {
			break
		}
	}
	return b, nil
}

// lack returns how much probability class y lacks, and its gradient.
func lack(z []float32, y int, dz []float32) float64 {
	p := make([]float32, len(z))
	train.Softmax(z, p)
	for j := range z {
		dz[j] = p[y] * p[j]
	}
	dz[y] = -p[y] * (1 - p[y])
	return 1 - float64(p[y])
}

// means returns the mean row of each class, nil for one without rows.
func means(b ml.Batch, classes int) [][]float64 {
	out := make([][]float64, classes)
	n := make([]float64, classes)
	for _, y := range b.Y {
		n[y]++
	}
	for i := range b.Rows() {
		y := b.Y[i]
		if out[y] == nil {
			out[y] = make([]float64, b.Dim)
		}
		for k, v := range b.Row(i) {
			out[y][k] += float64(v) / n[y]
		}
	}
	return out
}

// pack makes rows of means, for the classes that have one.
func pack(mean [][]float64, like ml.Batch) ml.Batch {
	out := ml.Batch{Dim: like.Dim}
	for y, m := range mean {
		if m == nil {
			continue
		}
		for _, v := range m {
			out.X = append(out.X, float32(v))
		}
		out.Y = append(out.Y, int32(y))
	}
	return out
}

func distance(x []float32, m []float64) float64 {
	var d float64
	for k, v := range x {
		d += (float64(v) - m[k]) * (float64(v) - m[k])
	}
	return math.Sqrt(d)
}

func meanDistance(b ml.Batch, mean [][]float64) float64 {
	var d, n float64
	for i, y := range b.Y {
		if mean[y] != nil {
			d += distance(b.Row(i), mean[y])
			n++
		}
	}
	return d / max(n, 1)
}

// nearer counts the classes whose row is closer to the private mean than the
// public mean is.
func nearer(found ml.Batch, private, public [][]float64) (closer, n int) {
	known := pack(public, found)
	for i, y := range known.Y {
		if private[y] == nil {
			continue
		}
		n++
		if distance(found.Row(int(y)), private[y]) < distance(known.Row(i), private[y]) {
			closer++
		}
	}
	return closer, n
}

// control inverts a twin that is surest at the private means.
func control(ctx context.Context, w *privacy.World, s *space, private, public [][]float64) (*quintain.Control, error) {
	t := &template{space: s, at: private, classes: w.Classes}
	found, err := invert(ctx, t, s, w.Classes)
	if err != nil {
		return nil, err
	}
	closer, n := nearer(s.to(found), private, public)
	m := stats.Proportion("classes found closer to the training data than the public mean", closer, n, w.Seed)
	if m.Low <= 0.5 {
		return nil, nil //nolint:nilnil // no control is an answer
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "a twin that is surest at the mean of each class"},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("on a twin that is surest at the mean of each class, %d of %d are found", closer, n),
		Measure: &m,
	}, nil
}

// A template is a model in which the odds of a class fall off with the square of
// the distance from its mean.
type template struct {
	space   *space
	at      [][]float64
	classes int
}

// Spec implements [ml.Oracle].
func (t *template) Spec() ml.Spec {
	return ml.Spec{Shape: []int{len(t.space.low)}, Classes: t.classes, Output: "logits"}
}

// Predict implements [ml.Oracle].
func (t *template) Predict(_ context.Context, x ml.Batch) ([]float32, error) {
	var out []float32
	at := t.space.to(x)
	for i := range at.Rows() {
		out = append(out, t.logits(at.Row(i))...)
	}
	return out, nil
}

// blur keeps the odds finite at a mean.
const blur = 1e-4

func (t *template) logits(x []float32) []float32 {
	z := make([]float32, t.classes)
	for y, m := range t.at {
		z[y] = -1e3
		if m != nil {
			d := distance(x, m)
			z[y] = float32(-math.Log(d*d + blur))
		}
	}
	return z
}

// VJP implements [ml.Model].
func (t *template) VJP(_ context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	at := t.space.to(x)
	clear(dx)
	for i := range at.Rows() {
		z, dz := t.logits(at.Row(i)), make([]float32, t.classes)
		seed(i, z, dz)
		for y, m := range t.at {
			if m == nil {
				continue
			}
			d := distance(at.Row(i), m)
			for k, v := range at.Row(i) {
				if t.space.span[k] > 0 {
					dx[i*x.Dim+k] -= dz[y] * float32(2*(float64(v)-m[k])/(d*d+blur)) / t.space.span[k]
				}
			}
		}
	}
	return nil
}
