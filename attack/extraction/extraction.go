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
	Victim    ml.Oracle // metered; logits are logarithms of what Answers says; see [Precise]
	Answers   Answers   // how much the victim tells
	Repeat    int       // how often to ask about each row and take the mean, against noise; 0 is once
	Low, High []float32 // the range that a feature may have
	Shape     []int     // of one row, as the model takes it
	Classes   int
	Rows      ml.Batch // that the attacker owns, without labels; may be none
	Source    Source   // where further questions come from
	Budget    int      // rows that may be asked about, counted every time
	Precise   bool     // whether answers come in double precision
	Seed      uint64
}

// A Copy is what an attack made. One of Graph and Model is set.
type Copy struct {
	Graph *graph.Graph // logits of the same classes
	Model ml.Oracle    // for copies that are no graph
	Says  string       // what was done: "31 equations solved"

	// Linear holds the same function as Graph in double precision, if it is
	// linear and the attack knows it better than single precision can say.
	Linear *Linear
}

// Linear is a linear model of rows as they are, in double precision.
type Linear struct {
	W [][]float64 // of each class, a weight for each feature; the first class has zeros
	B []float64   // the constant of each class
}

// Dim returns the number of features.
func (tr *Trial) Dim() int { return len(tr.Low) }

// Rand returns a source of randomness that depends on the seed of the trial
// and on stream only.
func (tr *Trial) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(tr.Seed, stream)) }

// Repeats returns how often each row is asked about, at least once.
func (tr *Trial) Repeats() int { return max(1, tr.Repeat) }

// Probabilities asks about the rows of x and returns what the victim says of
// each class, one row after the other, on average if rows are asked about
// several times. What [Top] leaves of a row is spread over its other classes.
func (tr *Trial) Probabilities(ctx context.Context, x ml.Batch) ([]float64, error) {
	p := make([]float64, x.Rows()*tr.Classes)
	n := float64(tr.Repeats())
	for range tr.Repeats() {
		z, _, err := predict(ctx, tr.Victim, x)
		if err != nil {
			return nil, err
		}
		for i, v := range z {
			if v > hidden {
				p[i] += math.Exp(v) / n
			}
		}
	}
	if tr.Answers.form == top && tr.Classes > 1 {
		for i := range x.Rows() {
			spread(p[i*tr.Classes : (i+1)*tr.Classes])
		}
	}
	return p, nil
}

// Odds asks about the rows of x and returns the log odds of every class but the
// first against the first, Classes-1 for each row. They are infinite where the
// victim says 0. Rounding leaves each of them uncertain by floor, at most.
func (tr *Trial) Odds(ctx context.Context, x ml.Batch) (odds []float64, floor float64, err error) {
	z, double, err := tr.logs(ctx, x)
	if err != nil {
		return nil, 0, err
	}
	var most float64
	for i := range x.Rows() {
		zi := z[i*tr.Classes : (i+1)*tr.Classes]
		for _, v := range zi {
			if v > hidden {
				most = max(most, -v)
			}
		}
		for _, v := range zi[1:] {
			switch {
			case v <= hidden:
				odds = append(odds, math.Inf(-1))
			case zi[0] <= hidden:
				odds = append(odds, math.Inf(1))
			default:
				odds = append(odds, v-zi[0])
			}
		}
	}
	unit := 0x1p-24 // of rounding
	if double {
		unit = 0x1p-53
	}
	return odds, 2 * unit * (1 + most), nil // of a probability and of its logarithm, for two classes
}

// logs asks about rows and returns logarithms of what the victim says.
func (tr *Trial) logs(ctx context.Context, x ml.Batch) (z []float64, double bool, err error) {
	if tr.Repeats() == 1 {
		z, _, err = predict(ctx, tr.Victim, x)
		return z, tr.Precise, err
	}
	p, err := tr.Probabilities(ctx, x)
	for i, v := range p {
		p[i] = hidden
		if v > 0 {
			p[i] = math.Log(v)
		}
	}
	return p, tr.Precise, err
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
