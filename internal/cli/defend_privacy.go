package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"quintain/attack/privacy"
	"quintain/attack/privacy/score"
	"quintain/defend"
	"quintain/ml"
	"quintain/stats"
)

const (
	shadowModels = 8   // trained as the victim was, its defense included
	listened     = 300 // members, and others, that an eavesdropper is tried on
)

// eavesdroppers are the attackers on membership that score rows by answers.
// Their shadow models are defended as the victim is.
func (w *wiring) eavesdroppers() []*defend.Attacker {
	known := make(map[*defend.Victim]*privacy.Case)
	var out []*defend.Attacker
	for _, a := range w.cat.eavesdrops {
		if len(a.Variants) == 0 || a.Queries || a.Own {
			continue
		}
		out = append(out, &defend.Attacker{Name: a.Name, Chance: 0.5, Attack: func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
			c := known[v]
			if c == nil {
				var err error
				if c, err = privacyCase(ctx, v); err != nil {
					return nil, err
				}
				known[v] = c
			}
			return listen(ctx, a, c)
		}})
	}
	return out
}

// listen scores the rows of c by the first variant of a that tells them apart at all.
func listen(ctx context.Context, a *privacy.Attack, c *privacy.Case) (*defend.Result, error) {
	n := len(c.Odds) / 2
	for _, variant := range a.Variants {
		s, err := variant.Score(ctx, c)
		if err != nil {
			return nil, err
		}
		if slices.Min(s) == slices.Max(s) && variant.Name != a.Variants[len(a.Variants)-1].Name {
			continue
		}
		roc, err := stats.NewROC(s[:n], s[n:])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", defend.ErrUnfit, err)
		}
		return &defend.Result{
			Doubt:   shifted(c, n),
			Success: roc.AUCMeasure("area under the curve", c.Seed), Adaptive: true,
			Says: fmt.Sprintf("%s, on %d members and as many others, with %d shadow models trained as the victim was", variant.Name, n, shadowModels),
		}, nil
	}
	return nil, fmt.Errorf("%w: %s has no variant", defend.ErrUnfit, a.Name)
}

// shifted says so if models that saw neither tell members from others: then the
// two are different populations, and success is not all due to the victim.
func shifted(c *privacy.Case, n int) string {
	out := c.Shadows.Out()
	roc, err := stats.NewROC(out[:n], out[n:])
	if err != nil {
		return "the shadow models do not say whether members and others are alike"
	}
	if m := roc.AUCMeasure("members against others under models that saw neither", c.Seed); m.Low > 0.5 || m.High < 0.5 {
		return fmt.Sprintf("models that saw neither tell members from others too (area %.3f), so the rows are not alike to begin with", m.Value)
	}
	return ""
}

// privacyCase asks v and shadow models of it about members, which come first,
// and as many others.
func privacyCase(ctx context.Context, v *defend.Victim) (*privacy.Case, error) {
	n := min(listened, v.Rows.Rows(), v.Test.Rows())
	rng := rand.New(rand.NewPCG(v.Seed, 7))
	pool := v.Rows.Pick(rng.Perm(v.Rows.Rows())[:n])
	spare := v.Rows // what else the victim saw helps shadows to be like it
	others := v.Test.Pick(rng.Perm(v.Test.Rows())[:n])
	pool.X, pool.Y = append(pool.X, others.X...), append(pool.Y, others.Y...)
	c := &privacy.Case{Labels: pool.Y, Classes: v.Model.Spec().Classes, Rows: pool, Model: v.Model, Seed: v.Seed}
	var err error
	if c.Odds, c.Right, err = oddsOf(ctx, v.Model, pool); err != nil {
		return nil, err
	}
	c.Shadows = &score.Shadows{}
	for j := range shadowModels {
		in, rows := make([]bool, 2*n), ml.Batch{Dim: pool.Dim}
		for i := range in {
			// Half of the models have each row, and which half is drawn.
			turn := rand.New(rand.NewPCG(v.Seed, uint64(i)+1000)).Perm(shadowModels)[j]
			if in[i] = turn < shadowModels/2; in[i] {
				rows.X, rows.Y = append(rows.X, pool.Row(i)...), append(rows.Y, pool.Y[i])
			}
		}
		for _, i := range rand.New(rand.NewPCG(v.Seed, uint64(j)+5000)).Perm(spare.Rows())[:max(0, spare.Rows()-rows.Rows())] {
			if !contains(pool, n, spare.Row(i)) {
				rows.X, rows.Y = append(rows.X, spare.Row(i)...), append(rows.Y, spare.Y[i])
			}
		}
		m, err := v.Refit(ctx, rows, v.Seed+uint64(j)+1)
		if err != nil {
			return nil, fmt.Errorf("train a shadow model: %w", err)
		}
		odds, _, err := oddsOf(ctx, m, pool)
		if err != nil {
			return nil, err
		}
		c.Shadows.Odds, c.Shadows.In = append(c.Shadows.Odds, odds), append(c.Shadows.In, in)
	}
	return c, nil
}

// contains reports whether one of the first n rows of pool equals row.
func contains(pool ml.Batch, n int, row []float32) bool {
	for i := range n {
		if slices.Equal(pool.Row(i), row) {
			return true
		}
	}
	return false
}

// oddsOf returns the log odds of the true label of every row, and whether m
// gives it.
func oddsOf(ctx context.Context, m ml.Oracle, b ml.Batch) (odds []float64, right []bool, err error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	k := m.Spec().Classes
	for i, y := range b.Y {
		row := z[i*k : (i+1)*k]
		odds, right = append(odds, score.Odds(row, int(y))), append(right, ml.Argmax(row) == int(y))
	}
	return odds, right, nil
}
