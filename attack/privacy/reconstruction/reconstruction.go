// Package reconstruction solves the optimum of a linear model for a row of its
// training data.
package reconstruction

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"quintain"
	"quintain/attack/privacy"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

//go:embed reconstruction.md
var doc string

// Attack takes one row at a time for unknown.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/reconstruction",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.001", "AML.T0024", "ML03:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Balle, Cherubin, Hayes: Reconstructing Training Data with Informed Adversaries, IEEE S&P 2022, arXiv:2201.04845, section on convex models",
	Audit: audit,
}

const (
	tried   = 200  // rows to reconstruct at most
	near    = 0.05 // of its range, how far a feature may be off
	allowed = 0.05 // share of rows
)

func audit(ctx context.Context, w *privacy.World) (privacy.Conclusion, error) {
	out := privacy.Conclusion{Outcome: quintain.NotApplicable}
	l2 := 0.0
	if text, ok := w.Target.With["l2"]; ok {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) {
			return out, fmt.Errorf("l2 is %q, want a number that is not negative", text)
		}
		l2 = v
	}
	layers, err := w.Net.Chain(ctx)
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if err != nil || len(layers) != 1 || layers[0].Relu {
		out.Summary = "the attack is on linear models, and this is none"
		return out, nil //nolint:nilerr // what is no chain is not linear
	}
	t := newTask(w.Trained, layers[0], l2)
	hits, naive, n := t.attack(w.Seed)
	m := stats.Proportion("rows reconstructed", hits, n, w.Seed)
	out = privacy.Conclusion{
		Summary: fmt.Sprintf("%d of %d training rows are reconstructed from the model and all the others; %d by the mean of their class", hits, n, naive),
		Evidence: []quintain.Evidence{
			{Summary: "rows of which no feature is off by more than 5% of its range", Measure: &m},
			{Summary: fmt.Sprintf("the gradient at the model is %.3g of what a single row adds to it; 0 is a model at its optimum with this penalty", t.remainder())},
		},
	}
	if out.Control, err = control(ctx, w); err != nil {
		return out, err
	}
	switch {
	case m.Low > allowed:
		out.Outcome, out.Severity = quintain.Fail, quintain.High
	case m.High <= allowed && out.Control != nil:
		out.Outcome = quintain.Pass
	}
	return out, nil
}

// control fits a logistic regression to the same rows and attacks that.
func control(ctx context.Context, w *privacy.World) (*quintain.Control, error) {
	const c = 1.0
	g, err := train.Logistic(ctx, w.Trained, w.Classes, c)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // rows that cannot be fitted give no control
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, fmt.Errorf("compile the weak twin: %w", err)
	}
	layers, err := net.Chain(ctx)
	if err != nil || len(layers) != 1 {
		return nil, fmt.Errorf("read the weak twin: %w", err)
	}
	hits, _, n := newTask(w.Trained, layers[0], 1/c).attack(w.Seed)
	m := stats.Proportion("rows reconstructed", hits, n, w.Seed)
	if m.Low <= allowed {
		return nil, nil //nolint:nilnil // no control is an answer
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "logistic regression at its optimum"},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("of a logistic regression at its optimum, %d of %d rows are reconstructed", hits, n),
		Measure: &m,
	}, nil
}

// A task is the equation of a linear model and its training data.
type task struct {
	rows  ml.Batch
	layer graph.Layer
	span  []float64 // of each feature

	// The gradient with respect to weights and biases, over all rows, penalty
	// included.
	w [][]float64
	b []float64
}

func newTask(rows ml.Batch, layer graph.Layer, l2 float64) *task {
	t := &task{rows: rows, layer: layer, span: make([]float64, rows.Dim), b: make([]float64, len(layer.B))}
	for _, w := range layer.W {
		g := make([]float64, len(w))
		for k, v := range w {
			g[k] = l2 * v
		}
		t.w = append(t.w, g)
	}
	low := append([]float32(nil), rows.Row(0)...)
	high := append([]float32(nil), rows.Row(0)...)
	for i := range rows.Rows() {
		d := t.residual(rows.Row(i), int(rows.Y[i]))
		for k, v := range rows.Row(i) {
			low[k], high[k] = min(low[k], v), max(high[k], v)
			for j := range d {
				t.w[j][k] += d[j] * float64(v)
			}
		}
		for j := range d {
			t.b[j] += d[j]
		}
	}
	for k := range t.span {
		t.span[k] = float64(high[k]) - float64(low[k])
	}
	return t
}

// residual returns the gradient of the cross-entropy with respect to the logits.
func (t *task) residual(x []float32, y int) []float64 {
	z := make([]float64, len(t.layer.B))
	top := math.Inf(-1)
	for j, w := range t.layer.W {
		z[j] = t.layer.B[j]
		for k, v := range x {
			z[j] += w[k] * float64(v)
		}
		top = math.Max(top, z[j])
	}
	var sum float64
	for j := range z {
		z[j] = math.Exp(z[j] - top)
		sum += z[j]
	}
	for j := range z {
		z[j] /= sum
	}
	z[y]--
	return z
}

// solve returns row i from everything but row i: at the optimum what it adds to
// the gradient is what all the others lack.
func (t *task) solve(i int) []float64 {
	x := t.rows.Row(i)
	d := t.residual(x, int(t.rows.Y[i]))
	best := -1
	lack := make([]float64, len(d))
	for j := range d {
		lack[j] = d[j] - t.b[j]
		if flat(t.layer.W[j]) { // a class without weights has no equation of its own
			continue
		}
		if best < 0 || math.Abs(lack[j]) > math.Abs(lack[best]) {
			best = j
		}
	}
	out := make([]float64, len(x))
	if best < 0 || lack[best] == 0 {
		return out
	}
	for k, v := range x {
		out[k] = (d[best]*float64(v) - t.w[best][k]) / lack[best]
	}
	return out
}

func flat(w []float64) bool {
	for _, v := range w {
		if v != 0 {
			return false
		}
	}
	return true
}

// attack reconstructs rows drawn at random, and guesses them by the mean of
// their class too.
func (t *task) attack(seed uint64) (hits, naive, n int) {
	rng := rand.New(rand.NewPCG(seed, 6))
	sums := make([][]float64, len(t.layer.B))
	count := make([]float64, len(t.layer.B))
	for j := range sums {
		sums[j] = make([]float64, t.rows.Dim)
	}
	for i, y := range t.rows.Y {
		count[y]++
		for k, v := range t.rows.Row(i) {
			sums[y][k] += float64(v)
		}
	}
	order := rng.Perm(t.rows.Rows())
	n = min(tried, len(order))
	for _, i := range order[:n] {
		x, y := t.rows.Row(i), t.rows.Y[i]
		if t.near(t.solve(i), x) {
			hits++
		}
		mean := make([]float64, len(x))
		for k, v := range x {
			mean[k] = (sums[y][k] - float64(v)) / max(count[y]-1, 1)
		}
		if t.near(mean, x) {
			naive++
		}
	}
	return hits, naive, n
}

func (t *task) near(guess []float64, x []float32) bool {
	for k, v := range guess {
		if !(math.Abs(v-float64(x[k])) <= near*t.span[k]+1e-6) {
			return false
		}
	}
	return true
}

// remainder returns the gradient of the biases over what a row adds to it in the
// middle.
func (t *task) remainder() float64 {
	var whole, single float64
	for _, v := range t.b {
		whole += v * v
	}
	for i := range t.rows.Rows() {
		for _, v := range t.residual(t.rows.Row(i), int(t.rows.Y[i])) {
			single += v * v / float64(t.rows.Rows())
		}
	}
	return math.Sqrt(whole / max(single, math.SmallestNonzeroFloat64))
}

// FromMean returns the row that is missing from the n whose mean a model
// publishes, as naive Bayes does for each class: others are the n-1 that are
// known. All rows have as many features as the mean.
func FromMean(mean []float64, n int, others [][]float64) []float64 {
	out := make([]float64, len(mean))
	for k, m := range mean {
		out[k] = float64(n) * m
		for _, x := range others {
			out[k] -= x[k]
		}
	}
	return out
}
