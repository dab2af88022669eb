// Package attribute infers a sensitive column, beside a guess without the model.
package attribute

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
	"quintain/ml"
	"quintain/stats"
)

//go:embed attribute.md
var doc string

// Attack infers a column from the answers to rows with each of its values.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/attribute",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.001", "AML.T0024", "ML03:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Mehnaz, Dibbo, Kabir, Li, Bertino: Are Your Sensitive Attributes Private?, USENIX Security 2022, arXiv:2201.09370; " +
		"baseline of Jayaraman, Evans: Are Attribute Inference Attacks Just Imputation?, CCS 2022, arXiv:2209.01292",
	Audit: audit,
}

const (
	maxValues   = 20
	maxFeatures = 512
	confidence  = 0.975 // of each of two attacks, so 95% together
)

func audit(ctx context.Context, w *privacy.World) (privacy.Conclusion, error) {
	out := privacy.Conclusion{Outcome: quintain.NotApplicable}
	name, limit := w.Target.With["sensitive"], 0.05
	if text, ok := w.Target.With["advantage"]; ok {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v > 0 && v < 1) {
			return out, fmt.Errorf("advantage is %q, want a number above 0 and below 1", text)
		}
		limit = v
	}
	at := slices.Index(w.Features, name)
	switch {
	case name == "":
		out.Summary = `no sensitive column is named as "sensitive"`
		return out, nil
	case at < 0:
		out.Summary = fmt.Sprintf("there is no column %q", name)
		return out, nil
	case len(w.Features) > maxFeatures:
		out.Summary = fmt.Sprintf("%d columns, more than the %d that the guess without a model can use", len(w.Features), maxFeatures)
		return out, nil
	}
	g := &game{column: at, classes: w.Classes, known: w.Others, private: w.Members}
	if g.values = values(w.Others, at); len(g.values) < 2 || len(g.values) > maxValues {
		out.Summary = fmt.Sprintf("column %q has %d different values or more, want 2 to %d", name, len(g.values), maxValues)
		return out, nil
	}
	real, err := g.play(ctx, w.Net)
	if err != nil {
		return out, err
	}
	twin, err := g.play(ctx, &keeper{rows: w.Members, classes: w.Classes})
	if err != nil {
		return out, err
	}
	out = real.conclude(name, limit, w.Seed)
	if t := twin.best(w.Seed); t.Low > limit {
		out.Control = &quintain.Control{
			Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "a twin that keeps its rows"},
			Outcome: quintain.Fail,
			Summary: fmt.Sprintf("on a twin that answers only rows it was trained on, the model adds %.1f points", 100*t.Value),
			Measure: &t,
		}
	} else if out.Outcome == quintain.Pass {
		out.Outcome = quintain.Inconclusive
		out.Summary += fmt.Sprintf("; but neither is it on a twin that keeps its rows, so little is left to guess beyond %.1f%%", 100*real.share(real.without))
	}
	return out, nil
}

// values lists the different values of a column, at most one more than can be
// used.
func values(b ml.Batch, column int) []float32 {
	var out []float32
	for i := range b.Rows() {
		if v := b.Row(i)[column]; !slices.Contains(out, v) {
			if out = append(out, v); len(out) > maxValues {
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// A game is an attribute to be guessed.
type game struct {
	column, classes int
	values          []float32
	known, private  ml.Batch
}

// A result says for each private row who guessed right, and how much it looked
// like the rarest value to a classifier without the model and to one with it.
type result struct {
	without, surest, trained []bool

	rare   []bool // rows that have it
	value  float32
	before []float64
	after  []float64
}

func (g *game) play(ctx context.Context, m ml.Oracle) (*result, error) {
	known, err := g.answers(ctx, m, g.known)
	if err != nil {
		return nil, err
	}
	private, err := g.answers(ctx, m, g.private)
	if err != nil {
		return nil, err
	}
	truth, rarest := g.truth(g.private), g.rarest()
	r := &result{surest: make([]bool, len(truth)), rare: make([]bool, len(truth)), value: g.values[rarest]}
	for i, t := range truth {
		r.surest[i], r.rare[i] = largest(private[i]) == t, t == rarest
	}
	for _, how := range []struct {
		right          *[]bool
		scores         *[]float64
		known, private [][]float64
	}{{&r.without, &r.before, nil, nil}, {&r.trained, &r.after, known, private}} {
		guess := newRidge(g.table(g.known, how.known), g.truth(g.known), len(g.values)).scores(g.table(g.private, how.private))
		for i, t := range truth {
			*how.right = append(*how.right, largest(guess[i]) == t)
			*how.scores = append(*how.scores, guess[i][rarest]-others(guess[i], rarest))
		}
	}
	return r, nil
}

// largest returns the first index of the largest value.
func largest(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// others returns the largest value but that at i.
func others(x []float64, i int) float64 {
	most := math.Inf(-1)
	for j, v := range x {
		if j != i {
			most = max(most, v)
		}
	}
	return most
}

// rarest returns which of the values the fewest known rows have: the one that
// is worth hiding.
func (g *game) rarest() int {
	count := make([]int, len(g.values))
	for _, t := range g.truth(g.known) {
		count[t]++
	}
	return slices.Index(count, slices.Min(count))
}

// truth returns which of the values each row has, -1 for another.
func (g *game) truth(b ml.Batch) []int {
	out := make([]int, b.Rows())
	for i := range out {
		out[i] = slices.Index(g.values, b.Row(i)[g.column])
	}
	return out
}

// answers returns the log odds of the true label of each row with each value.
func (g *game) answers(ctx context.Context, m ml.Oracle, b ml.Batch) ([][]float64, error) {
	out := make([][]float64, b.Rows())
	k := m.Spec().Classes
	for _, v := range g.values {
		try := b.Clone()
		for i := range try.Rows() {
			try.Row(i)[g.column] = v
		}
		z, err := m.Predict(ctx, try)
		if err != nil {
			return nil, err
		}
		for i := range out {
			odds := score.Odds(z[i*k:(i+1)*k], int(b.Y[i]))
			out[i] = append(out[i], math.Max(-1e3, math.Min(1e3, odds)))
		}
	}
	return out, nil
}

// table returns what is known of each row but the sensitive column.
func (g *game) table(b ml.Batch, answers [][]float64) [][]float64 {
	out := make([][]float64, b.Rows())
	for i := range out {
		for k, v := range b.Row(i) {
			if k != g.column {
				out[i] = append(out[i], float64(v))
			}
		}
		label := make([]float64, g.classes)
		label[b.Y[i]] = 1
		out[i] = append(out[i], label...)
		if answers != nil {
			out[i] = append(out[i], answers[i]...)
		}
	}
	return out
}

// advantage measures how many more rows are right with the model than without.
func (r *result) advantage(with []bool, name string, seed uint64) quintain.Measure {
	gain, loss := 0, 0
	for i, right := range with {
		switch {
		case right && !r.without[i]:
			gain++
		case !right && r.without[i]:
			loss++
		}
	}
	n := float64(len(with))
	// Rows on which both are right or both wrong say nothing about the sign.
	m := quintain.Measure{Name: name, Trials: len(with), Value: float64(gain-loss) / n, Method: "clopper-pearson of rows that differ", Seed: seed}
	lo, hi := stats.ClopperPearson(gain, gain+loss, confidence)
	differ := float64(max(gain+loss, 1)) / n
	m.Low, m.High = (2*lo-1)*differ, (2*hi-1)*differ
	return m
}

// best returns the larger of the two advantages.
func (r *result) best(seed uint64) quintain.Measure {
	a, b := r.advantage(r.surest, "advantage of the surest value", seed), r.advantage(r.trained, "advantage of a classifier with the answers", seed)
	if a.Low > b.Low {
		return a
	}
	return b
}

func (r *result) share(right []bool) float64 {
	n := 0
	for _, v := range right {
		if v {
			n++
		}
	}
	return float64(n) / float64(len(right))
}

func (r *result) conclude(name string, limit float64, seed uint64) privacy.Conclusion {
	var out privacy.Conclusion
	best := r.best(seed)
	high := 0.0
	for _, a := range []struct {
		with []bool
		name string
	}{{r.surest, "advantage of the surest value"}, {r.trained, "advantage of a classifier with the answers"}} {
		m := r.advantage(a.with, a.name, seed)
		high = max(high, m.High)
		out.Evidence = append(out.Evidence, quintain.Evidence{
			Summary:  fmt.Sprintf("%.1f%% of rows right with the model, %.1f%% without it", 100*r.share(a.with), 100*r.share(r.without)),
			Location: name, Measure: &m,
		})
	}
	out.Evidence = append(out.Evidence, r.found(name, seed)...)
	out.Summary = fmt.Sprintf("the model adds %.1f points (%.1f to %.1f) to guessing %q, which is right for %.1f%% of rows without it",
		100*best.Value, 100*best.Low, 100*best.High, name, 100*r.share(r.without))
	switch {
	case best.Low > limit:
		out.Outcome, out.Severity = quintain.Fail, quintain.High
	case high <= limit:
		out.Outcome = quintain.Pass
	}
	return out
}

// rates are the shares of other rows that may be accused of the rarest value.
var rates = []float64{0.1, 0.01}

// found says how many rows with the rarest value are found where few others are
// accused of it, without the model and with it.
func (r *result) found(name string, seed uint64) []quintain.Evidence {
	curve := func(scores []float64) (*stats.ROC, error) {
		var in, out []float64
		for i, v := range scores {
			if r.rare[i] {
				in = append(in, v)
			} else {
				out = append(out, v)
			}
		}
		return stats.NewROC(in, out)
	}
	before, err := curve(r.before)
	if err != nil {
		return []quintain.Evidence{{Summary: fmt.Sprintf("no row of the training data has %q %v, or all have", name, r.value)}}
	}
	after, err := curve(r.after)
	if err != nil {
		return nil
	}
	_, neg := before.Counts()
	var out []quintain.Evidence
	for _, fpr := range rates {
		b, errB := before.At(fpr)
		a, errA := after.At(fpr)
		if errA != nil || errB != nil {
			return append(out, quintain.Evidence{Summary: fmt.Sprintf("rows with %q %v at %v%% false accusations: not resolvable with %d others", name, r.value, 100*fpr, neg)})
		}
		m := a.Measure(fmt.Sprintf("true positive rate at %v%% false positives", 100*fpr), seed)
		out = append(out, quintain.Evidence{
			Summary: fmt.Sprintf("of rows with %q %v, the rarest value, %d of %d are found with the model and %d without it, while %v%% of others are accused of it",
				name, r.value, a.TP, a.Pos, b.TP, 100*fpr),
			Location: name, Measure: &m,
		})
	}
	return out
}

// A keeper is sure of the label of rows that it was given, and of nothing else.
type keeper struct {
	rows    ml.Batch
	classes int
	index   map[string]int32
}

// Spec implements [ml.Oracle].
func (k *keeper) Spec() ml.Spec { return ml.Spec{Shape: []int{k.rows.Dim}, Classes: k.classes} }

// Predict implements [ml.Oracle].
func (k *keeper) Predict(_ context.Context, x ml.Batch) ([]float32, error) {
	if k.index == nil {
		k.index = make(map[string]int32)
		for i := range k.rows.Rows() {
			k.index[fmt.Sprint(k.rows.Row(i))] = k.rows.Y[i]
		}
	}
	z := make([]float32, x.Rows()*k.classes)
	for i := range x.Rows() {
		if y, ok := k.index[fmt.Sprint(x.Row(i))]; ok {
			z[i*k.classes+int(y)] = 10
		}
	}
	return z, nil
}
