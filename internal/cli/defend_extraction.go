package cli

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"quintain/attack/extraction"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/stats"
)

// thiefQueries is how many rows a thief asks a model about that lets it.
const thiefQueries = 1000

// thieves are the attackers that copy models. They know what the answers mean
// and how many they get, and own the rows that the model was trained on, but
// not their labels.
func (w *wiring) thieves() []*defend.Attacker {
	var out []*defend.Attacker
	for _, a := range w.cat.thefts {
		out = append(out, &defend.Attacker{Name: a.Name, Attack: func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
			return steal(ctx, a, v)
		}})
	}
	return out
}

func steal(ctx context.Context, a *extraction.Attack, v *defend.Victim) (*defend.Result, error) {
	answers, err := extraction.ParseAnswers(v.Answers)
	if err != nil {
		return nil, err
	}
	budget := thiefQueries
	if v.Allowed > 0 {
		budget = min(budget, v.Allowed)
	}
	rows := v.Rows
	rows.Y = nil
	c, err := a.Run(ctx, &extraction.Trial{
		Victim: newTurnstile(v, answers, budget), Answers: answers, Low: v.Low, High: v.High, Shape: v.Shape, Classes: v.Model.Spec().Classes,
		Rows: rows, Budget: budget, Seed: v.Seed,
	})
	if errors.Is(err, extraction.ErrUnfit) || errors.Is(err, extraction.ErrBudget) {
		return lost(v, err), nil
	}
	if err != nil {
		return nil, err
	}
	model := c.Model
	if c.Graph != nil {
		if model, err = graph.Compile(c.Graph, graph.Options{}); err != nil {
			return nil, fmt.Errorf("the copy: %w", err)
		}
	}
	won, n, err := agreement(ctx, v, model)
	if err != nil {
		return nil, err
	}
	return &defend.Result{
		Success: stats.Proportion("fidelity of the copy", n, len(won), v.Seed), Won: won, Adaptive: true,
		Says: fmt.Sprintf("%d questions answered with %s, %s", budget, answers, c.Says),
	}, nil
}

// lost is the result of a thief who has no copy.
func lost(v *defend.Victim, why error) *defend.Result {
	n := v.Test.Rows()
	return &defend.Result{Success: stats.Proportion("fidelity of the copy", 0, n, v.Seed), Won: make([]bool, n), Adaptive: true, Says: "no copy: " + why.Error()}
}

// agreement says on which rows of the test data a copy says what v says.
func agreement(ctx context.Context, v *defend.Victim, model ml.Oracle) (won []bool, n int, err error) {
	mine, err := v.Model.Predict(ctx, v.Test)
	if err != nil {
		return nil, 0, err
	}
	its, err := model.Predict(ctx, v.Test)
	if err != nil {
		return nil, 0, fmt.Errorf("the copy: %w", err)
	}
	k := v.Model.Spec().Classes
	won = make([]bool, v.Test.Rows())
	for i := range won {
		if won[i] = ml.Argmax(mine[i*k:(i+1)*k]) == ml.Argmax(its[i*k:(i+1)*k]); won[i] {
			n++
		}
	}
	return won, n, nil
}

// A turnstile lets so many questions through, and those only that the defense
// lets through.
type turnstile struct {
	extraction.Precise

	left  atomic.Int64
	admit func(row []float32) bool
}

func newTurnstile(v *defend.Victim, answers extraction.Answers, budget int) *turnstile {
	if answers.Noise() > 0 { // which is in the model's answers already
		answers = extraction.Scores
	}
	t := &turnstile{Precise: extraction.Tell(v.Model, answers, v.Seed), admit: func([]float32) bool { return true }}
	t.left.Store(int64(budget))
	if v.Gate != nil {
		t.admit = v.Gate()
	}
	return t
}

// Predict64 implements [extraction.Precise].
func (t *turnstile) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	if t.left.Add(-int64(x.Rows())) < 0 {
		return nil, extraction.ErrBudget
	}
	for i := range x.Rows() {
		if !t.admit(x.Row(i)) {
			return nil, fmt.Errorf("%w: every account is closed", extraction.ErrBudget)
		}
	}
	return t.Precise.Predict64(ctx, x)
}

// Predict implements [ml.Oracle].
func (t *turnstile) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := t.Predict64(ctx, x)
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32(v)
	}
	return out, err
}
