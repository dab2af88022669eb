// Package epsilon holds a claim of differential privacy against what an attack
// proves.
package epsilon

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"

	"quintain"
	"quintain/attack/privacy"
	"quintain/ml/dp"
)

//go:embed epsilon.md
var doc string

// Attack audits a claim from the one run that made the model.
var Attack = &privacy.Attack{
	Check: quintain.Check{
		Name:       "attack/privacy/epsilon",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Steinke, Nasr, Jagielski: Privacy Auditing with One (1) Training Run, NeurIPS 2023, arXiv:2305.08846",
	Audit: audit,
}

const (
	confidence = 0.95
	grid       = 1e-3 // of the accountant
	share      = 20   // one in so many rows is guessed to be in, and one to be out
)

// A claim is what is said of the model.
type claim struct {
	epsilon, delta float64
	made           bool
	by             string
}

func audit(ctx context.Context, w *privacy.World) (privacy.Conclusion, error) {
	var out privacy.Conclusion
	c, err := read(w.Target.With)
	if err != nil {
		return out, err
	}
	in, others, by, err := w.Rank(ctx)
	if err != nil {
		return out, err
	}
	a := play(in, others, c.delta)
	m := quintain.Measure{
		Name: "epsilon, lower bound", Value: a.bound, Trials: a.guesses, Low: a.bound, High: math.Max(a.bound, a.ceiling),
		Method: "one-run audit", Seed: w.Seed, Unit: "nats",
	}
	out.Evidence = []quintain.Evidence{{
		Summary: fmt.Sprintf("%d of %d guesses about %d rows are right, by %s: epsilon is at least %.4f at delta %g; all right would prove %.4f and no more",
			a.correct, a.guesses, a.rows, by, a.bound, c.delta, a.ceiling),
		Measure: &m,
	}}
	if !c.made {
		out.Outcome = quintain.NotApplicable
		out.Summary = fmt.Sprintf("no differential privacy is claimed; epsilon is at least %.2f", a.bound)
		return out, nil
	}
	out.Evidence = append(out.Evidence, quintain.Evidence{Summary: fmt.Sprintf("claimed: epsilon %.4f at delta %g, %s", c.epsilon, c.delta, c.by)})
	twin := play(ones(len(in), 1), ones(len(others), 0), c.delta)
	if twin.bound > c.epsilon {
		out.Control = &quintain.Control{
			Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "a twin that keeps its rows"},
			Outcome: quintain.Fail,
			Summary: fmt.Sprintf("of a twin that keeps its rows the same audit proves epsilon %.4f", twin.bound),
		}
	}
	switch {
	case a.bound > c.epsilon:
		out.Outcome, out.Severity = quintain.Fail, quintain.High
		out.Summary = fmt.Sprintf("the claim of epsilon %.2f is disproved at 95%%: it is at least %.2f", c.epsilon, a.bound)
	case out.Control == nil:
		out.Summary = fmt.Sprintf("%d rows cannot disprove epsilon %.2f: with all guesses right they prove %.2f", a.rows, c.epsilon, a.ceiling)
	default:
		out.Outcome = quintain.Pass
		out.Summary = fmt.Sprintf("epsilon is at least %.2f, which does not contradict the claim of %.2f", a.bound, c.epsilon)
	}
	return out, nil
}

// read returns what is claimed.
func read(with map[string]string) (claim, error) {
	c := claim{delta: 1e-5, by: "as stated"}
	var err error
	number := func(key string, def float64) float64 {
		text, ok := with[key]
		if !ok || err != nil {
			return def
		}
		v, e := strconv.ParseFloat(text, 64)
		if e != nil || !(v > 0) || math.IsInf(v, 0) {
			err = fmt.Errorf("%s is %q, want a number above 0", key, text)
		}
		return v
	}
	c.epsilon, c.delta = number("epsilon", 0), number("delta", c.delta)
	noise, sampling, steps := number("noise", 0), number("sampling", 0), number("sgd-steps", 0)
	if err != nil {
		return c, err
	}
	if !(c.delta < 1) {
		return c, fmt.Errorf("delta is %v, want a number below 1", c.delta)
	}
	c.made = c.epsilon > 0
	if noise == 0 || c.made {
		return c, nil
	}
	p, err := dp.SGD{Rate: sampling, Noise: noise, Steps: int(min(steps, math.MaxInt32))}.PLD(grid)
	if err != nil {
		return c, fmt.Errorf("derive epsilon from noise, sampling and sgd-steps: %w", err)
	}
	c.epsilon, c.made = p.Epsilon(c.delta), true
	c.by = fmt.Sprintf("derived from noise %v, sampling %v and %.0f steps", noise, sampling, steps)
	return c, nil
}

// A round is one game of guesses.
type round struct {
	rows, guesses, correct int
	bound, ceiling         float64
}

// play guesses who is in. Groups are cut to the same size, because the game is
// one of fair coins.
func play(in, out []float64, delta float64) round {
	n := min(len(in), len(out))
	type row struct {
		score  float64
		member bool
	}
	var rows []row
	for i := range n {
		rows = append(rows, row{in[i], true}, row{out[i], false})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	k := max(1, len(rows)/share)
	r := round{rows: len(rows), guesses: 2 * k}
	for i := range k {
		if rows[i].member {
			r.correct++
		}
		if !rows[len(rows)-1-i].member {
			r.correct++
		}
	}
	r.bound = dp.OneRun(r.rows, r.guesses, r.correct, delta, confidence)
	r.ceiling = dp.OneRun(r.rows, r.guesses, r.guesses, delta, confidence)
	return r
}

func ones(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }
