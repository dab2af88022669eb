package evasion

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// health sees that every loss that attacks climb has a gradient (G9).
func (c *campaign) health(ctx context.Context, m *mask) error {
	if c.opaque() {
		m.add("G9", warn, "the model has no gradients: %v", c.blind)
		return nil
	}
	b := c.trial.Batch
	for _, l := range []struct {
		name string
		loss ml.Loss
	}{{"cross-entropy", ml.CrossEntropy}, {"margin", ml.Margin}} {
		dx := make([]float32, len(b.X))
		if _, _, err := ml.LossGrad(ctx, c.model, b, l.loss, dx); err != nil {
			return err
		}
		none, bad := 0, 0
		for i := range b.Rows() {
			g := dx[i*b.Dim : (i+1)*b.Dim]
			if flat(g, c.ball.Radius) {
				none++
			}
			if slices.ContainsFunc(g, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
				bad++
			}
		}
		m.need("G9", float64(none+bad) <= maskZero*float64(b.Rows()),
			"%d of %d rows have no gradient to follow, %d one that is no number (%s)", none, b.Rows(), bad, l.name)
	}
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

// repeats sees that the model answers twice the same (G10).
func (c *campaign) repeats(ctx context.Context, m *mask) error {
	b := c.trial.Batch
	b = cut(b, 0, maskRows)
	first, err := c.model.Predict(ctx, b)
	if err != nil {
		return err
	}
	differ := 0
	for range 4 {
		again, err := c.model.Predict(ctx, b)
		if err != nil {
			return err
		}
		for i, v := range again {
			if math.Float32bits(v) != math.Float32bits(first[i]) {
				differ++
			}
		}
	}
	m.random = differ > 0
	m.need("G10", differ == 0, "in 4 more runs %d of %d answers differ", differ, 4*len(first))
	return nil
}

// smoothPath names what has no gradient between input and output (G11).
func (c *campaign) smoothPath(_ context.Context, m *mask) error {
	if c.opaque() {
		m.add("G11", warn, "no way around it for gradients: %v", c.blind)
		return nil
	}
	m.add("G11", pass, "every operator between input and output has a gradient")
	return nil
}

const (
	twinRows   = 1000 // to train a twin on, at most
	twinValues = 1 << 20
)

// transfer sees that rows made for a twin, trained to answer as the model does,
// turn no row that stands (G12).
func (c *campaign) transfer(ctx context.Context, m *mask) error {
	tr := c.standing(maskRows)
	net, why, err := c.surrogate(ctx)
	if err != nil || net == nil {
		m.add("G12", warn, "no twin to make rows for: %s", why)
		return err
	}
	fell, err := climb(ctx, net, tr, ml.Margin, 20, 2.5/20)
	if err != nil {
		return err
	}
	m.need("G12", c.few(fell), "rows made for a twin that was trained to answer the same turn %d of %d rows that stand", count(fell), len(fell))
	return nil
}

// surrogate trains a small network to answer as the model does.
func (c *campaign) surrogate(ctx context.Context) (ml.Model, string, error) {
	rows, dim := min(c.table.Rows(), twinRows), c.batch.Dim
	if rows*dim > twinValues {
		return nil, fmt.Sprintf("%d features are too many to train one here", dim), nil
	}
	b := ml.Batch{X: make([]float32, rows*dim), Dim: dim}
	z, err := c.model.Predict(ctx, ml.Batch{X: c.table.X[:rows*dim], Dim: dim})
	if err != nil {
		return nil, "", err
	}
	k := c.model.Spec().Classes
	for i, v := range c.table.X[:rows*dim] {
		if s := c.scale[i%dim]; s > 0 {
			b.X[i] = (v - c.ball.Low[i%dim]) / s
		}
	}
	for i := range rows {
		b.Y = append(b.Y, int32(max(0, ml.Argmax(z[i*k:(i+1)*k]))))
	}
	g, err := train.Fit(ctx, train.MLP([]int{dim, 32, k}, c.trial.Seed), b, train.Options{Epochs: 20, Rate: 3e-3, Seed: c.trial.Seed})
	if err != nil {
		return nil, err.Error(), ctx.Err()
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, "", err
	}
	return &unit{Model: net, low: c.ball.Low, scale: c.scale}, "", nil
}

// A unit is a model of features in units of their range.
type unit struct {
	ml.Model
	low, scale []float32
}

func (u *unit) in(x ml.Batch) ml.Batch {
	out := ml.Batch{X: make([]float32, len(x.X)), Dim: x.Dim}
	for i, v := range x.X {
		if s := u.scale[i%x.Dim]; s > 0 {
			out.X[i] = (v - u.low[i%x.Dim]) / s
		}
	}
	return out
}

// Predict implements [ml.Oracle].
func (u *unit) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	return u.Model.Predict(ctx, u.in(x))
}

// VJP implements [ml.Model].
func (u *unit) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	err := u.Model.VJP(ctx, u.in(x), seed, dx)
	for i := range dx {
		if s := u.scale[i%x.Dim]; s > 0 {
			dx[i] /= s
		}
	}
	return err
}

// targeted says how often an attacker gets the class that they want (G13).
func (c *campaign) targeted(ctx context.Context, m *mask) error {
	if c.to >= 0 {
		m.add("G13", pass, "targeted: %d of %d rows become class %d", c.fallen(), len(c.fell), c.to)
		return nil
	}
	if c.opaque() {
		m.add("G13", warn, "untargeted only, because the model has no gradients: %d of %d rows", c.fallen(), len(c.fell))
		return nil
	}
	const classes = 3
	var parts []string
	for class := range min(classes, c.plain.Spec().Classes) {
		var rows []int
		for i, y := range c.trial.Batch.Y {
			if int(y) != class && len(rows) < maskRows {
				rows = append(rows, i)
			}
		}
		tr := c.trial.Pick(rows)
		tr.Model = Toward(c.model, class)
		tr.Batch.Y = make([]int32, len(rows))
		fell, err := climb(ctx, Toward(c.model, class), tr, ml.Margin, 40, 2.5/40)
		if err != nil {
			return err
		}
		parts = append(parts, fmt.Sprintf("%d of %d become class %d", count(fell), len(fell), class))
	}
	m.add("G13", pass, "untargeted, %d of %d rows fall; targeted, with 40 steps: %s", c.fallen(), len(c.fell), strings.Join(parts, ", "))
	return nil
}

// header says who the attacker is (G14).
func (c *campaign) header(_ context.Context, m *mask) error {
	sees := "sees weights and gradients"
	if c.opaque() {
		sees = "sees answers only"
	}
	mounted := []*Attack{c.attack}
	if len(c.stages) > 0 {
		mounted = nil
	}
	for _, st := range c.stages {
		mounted = append(mounted, st.attack)
	}
	var parts []string
	for _, a := range mounted {
		b := a.budget(Budget{Steps: c.trial.Budget.Steps, Queries: cmp.Or(c.trial.Budget.Queries, c.attack.Queries)})
		switch {
		case a.BlackBox:
			parts = append(parts, fmt.Sprintf("%s with %d questions a row", a.Name, b.Queries))
		default:
			parts = append(parts, fmt.Sprintf("%s with %d steps a start", a.Name, b.Steps))
		}
	}
	m.add("G14", pass, "the attacker %s; %s distance %.4g of each feature's range; clean accuracy %s; %s; seed of the attack %d",
		sees, c.ball.Norm, c.eps, percent(float64(len(c.at))/float64(len(c.rows))), strings.Join(parts, ", "), c.trial.Seed)
	return nil
}

// bounded says whether there is a certificate (G15).
func (c *campaign) bounded(_ context.Context, m *mask) error {
	if c.proof.holds == nil {
		m.add("G15", warn, "not amenable to a certificate: %s", c.proof.why)
		return nil
	}
	g, missed := pass, count(c.missed())
	if missed > 0 {
		g = warn
	}
	m.add("G15", g, "%d of %d rows are certified by %s; %d rows that stand have a counterexample", count(c.proof.holds), len(c.rows), c.proof.method, missed)
	return nil
}

// saturation sees that large logits hide nothing (G16): it counts the rows
// whose cross-entropy would be flat after a softmax in single precision, and
// climbs again with logits in units of their spread.
func (c *campaign) saturation(ctx context.Context, m *mask) error {
	if given := c.plain.Spec().Output; given != "logits" {
		m.add("G16", warn, "the model gives %s; attacks use the logits that go into it", given)
	}
	if c.opaque() || c.trial.Batch.Rows() == 0 {
		return nil
	}
	z, err := c.model.Predict(ctx, c.trial.Batch)
	if err != nil {
		return err
	}
	flat, spread, k := 0, 0.0, c.model.Spec().Classes
	for i := range c.trial.Batch.Rows() {
		row, y := z[i*k:(i+1)*k], int(c.trial.Batch.Y[i])
		lead := float64(row[y]) - float64(row[ml.Runner(row, y, 0)])
		spread += lead / float64(c.trial.Batch.Rows())
		if float32(1+math.Exp(-lead)) == 1 {
			flat++
		}
	}
	g := pass
	if float64(flat) > maskZero*float64(c.trial.Batch.Rows()) {
		g = warn
	}
	tr := c.standing(maskRows)
	scaled := func(z []float32, y int, dz []float32) float64 {
		own := make([]float32, len(z))
		for j, v := range z {
			own[j] = float32(float64(v) / math.Max(spread, math.SmallestNonzeroFloat32))
		}
		return ml.CrossEntropy(own, y, dz)
	}
	fell, err := climb(ctx, c.model, tr, scaled, 40, 2.5/40)
	if err != nil {
		return err
	}
	if !c.few(fell) {
		g = fail
	}
	m.add("G16", g, "a softmax in single precision would leave %d of %d rows without a gradient; with logits in units of their lead, %.3g on average, %d of %d rows fall that stand",
		flat, c.trial.Batch.Rows(), spread, count(fell), len(fell))
	return nil
}
