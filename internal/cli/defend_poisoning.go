package cli

import (
	"context"
	"errors"
	"fmt"

	"quintain/attack/poisoning"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

// trainings is how many models are trained on poisoned rows, with different
// seeds. A trigger counts if it works on most of them.
const trainings = 3

// poisoners are the attackers on training rows, with the defense in their loop:
// what each leaves is defended and trained on, and the one that then does best
// counts. Attacks that turn one row at a time are left out: each row would need
// a defense and trainings of its own.
func (w *wiring) poisoners() []*defend.Attacker {
	var out []*defend.Attacker
	for _, a := range w.cat.poisons {
		if a.Poison != nil && a.Cases <= 1 {
			out = append(out, &defend.Attacker{Name: a.Name, Attack: func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
				return poisonVictim(ctx, a, v)
			}})
		}
	}
	return out
}

func poisonVictim(ctx context.Context, a *poisoning.Attack, v *defend.Victim) (*defend.Result, error) {
	p, err := a.Poison(ctx, poisoningTrial(v))
	if errors.Is(err, poisoning.ErrUnfit) {
		return nil, fmt.Errorf("%w: %w", defend.ErrUnfit, err)
	}
	if err != nil {
		return nil, err
	}
	if p.Probe.Rows() == 0 {
		return nil, fmt.Errorf("%w: the attacker has nothing to show", defend.ErrUnfit)
	}
	hits := make([]int, p.Probe.Rows())
	for i := range trainings {
		m, err := v.Refit(ctx, p.Rows, v.Seed+uint64(i))
		if err != nil {
			return nil, err
		}
		z, err := m.Predict(ctx, p.Probe)
		if err != nil {
			return nil, err
		}
		k := m.Spec().Classes
		for r := range hits {
			y := ml.Argmax(z[r*k : (r+1)*k])
			if want := int(p.Want[r]); y == want || want < 0 && y != int(p.Probe.Y[r]) {
				hits[r]++
			}
		}
	}
	won, n := make([]bool, len(hits)), 0
	for r, h := range hits {
		if won[r] = 2*h > trainings; won[r] {
			n++
		}
	}
	return &defend.Result{
		Success: stats.Proportion("attack success rate", n, len(won), v.Seed), Won: won, Adaptive: true,
		Says: fmt.Sprintf("%d of %d rows changed, %s; %d models trained on them", len(p.Changed), p.Rows.Rows(), p.Says, trainings),
	}, nil
}

// poisoningTrial is what an attacker on the training rows of v may use.
func poisoningTrial(v *defend.Victim) *poisoning.Trial {
	low, high := v.Rows.Ranges()
	return &poisoning.Trial{
		Rows: v.Rows, Test: v.Test, Graph: v.Plain, Low: low, High: high, Shape: v.Shape, Classes: v.Model.Spec().Classes,
		Target: int32(v.Settings.Class), Budget: max(1, int(v.Settings.Poison*float64(v.Rows.Rows()))), Seed: v.Seed,
		Surrogate: func(ctx context.Context, seed uint64) (*graph.Graph, error) {
			fresh, err := train.Reinit(v.Plain, seed)
			if err != nil {
				return nil, err
			}
			return train.Fit(ctx, fresh, v.Rows, train.Options{Epochs: v.Settings.Epochs, Batch: v.Settings.Batch, Rate: v.Settings.Rate, Seed: seed})
		},
	}
}
