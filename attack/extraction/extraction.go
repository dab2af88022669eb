// Package extraction copies a classifier from its answers by published
// attacks, and measures what the copy is worth: how often it agrees with the
// model, how often it is right, and whether rows that fool it fool the model,
// all against the number of questions that were asked.
package extraction

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// ErrUnfit says that an attack does not go with the model or its answers:
// equations, for instance, need a model that is linear. Errors that wrap it say
// why.
var ErrUnfit = errors.New("the attack does not go with the model")

// ErrBudget says that an attack asked about more rows than it may. An attack
// that is cut off this way has no copy to show, so it should plan ahead.
var ErrBudget = errors.New("the budget of queries is spent")

// An Attack is one published way to copy a model.
//
// To add one, make a folder below attack/extraction with a package-level
// variable named Attack, and run go generate.
type Attack struct {
	quintain.Check

	// Paper cites the publication the code follows, so that one can be
	// checked against the other.
	Paper string

	// Run asks the victim of the trial and returns a copy. It takes all its
	// randomness from the trial.
	Run func(ctx context.Context, tr *Trial) (*Copy, error)

	// Twin returns a model that the attack must be able to copy if it works at
	// all: the positive control. Nil stands for a linear model.
	Twin func(ctx context.Context, tr *Trial) (*graph.Graph, error)
}

// A Trial is everything that an attacker may see and use.
type Trial struct {
	Victim    ml.Oracle // metered; logits are logarithms of what Answers says
	Answers   Answers   // how much the victim tells
	Low, High []float32 // the range that a feature may have
	Shape     []int     // of one row, as the model takes it
	Classes   int
	Rows      ml.Batch // that the attacker owns, without labels; may be none
	Source    Source   // where further questions come from
	Budget    int      // rows that may be asked about
	Seed      uint64
}

// A Copy is what an attack made. One of Graph and Model is set.
type Copy struct {
	Graph *graph.Graph // logits of the same classes
	Model ml.Oracle    // for copies that are no graph
	Says  string       // what was done: "31 equations solved"
}

// Dim returns the number of features.
func (tr *Trial) Dim() int { return len(tr.Low) }

// Rand returns a source of randomness that depends on the seed of the trial
// and on stream only.
func (tr *Trial) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(tr.Seed, stream)) }

// Probabilities asks about the rows of x and returns what the victim says of
// each class, one row after the other. What Top leaves of a row is spread over
// its other classes.
func (tr *Trial) Probabilities(ctx context.Context, x ml.Batch) ([]float64, error) {
	z, err := tr.Victim.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	p := make([]float64, len(z))
	for i, v := range z {
		if v > hidden {
			p[i] = math.Exp(float64(v))
		}
	}
	if tr.Answers == Top && tr.Classes > 1 {
		for i := range x.Rows() {
			spread(p[i*tr.Classes : (i+1)*tr.Classes])
		}
	}
	return p, nil
}

// Odds asks about the rows of x and returns the log odds of every class but the
// first against the first, Classes-1 for each row. They are infinite where the
// victim says 0.
func (tr *Trial) Odds(ctx context.Context, x ml.Batch) ([]float64, error) {
	z, err := tr.Victim.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, x.Rows()*(tr.Classes-1))
	for i := range x.Rows() {
		zi := z[i*tr.Classes : (i+1)*tr.Classes]
		for _, v := range zi[1:] {
			switch d := float64(v) - float64(zi[0]); {
			case v <= hidden:
				out = append(out, math.Inf(-1))
			case zi[0] <= hidden:
				out = append(out, math.Inf(1))
			default:
				out = append(out, d)
			}
		}
	}
	return out, nil
}

// spread gives the classes with probability 0 what the others leave.
func spread(p []float64) {
	rest, none := 1.0, 0
	for _, v := range p {
		rest -= v
		if v == 0 {
			none++
		}
	}
	for c, v := range p {
		if v == 0 {
			p[c] = max(0, rest) / float64(none)
		}
	}
}
