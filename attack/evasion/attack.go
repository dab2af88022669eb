// Package evasion mounts published attacks on learned classifiers and measures
// what the classifiers withstand.
package evasion

import (
	"context"
	"errors"

	"quintain"
	"quintain/ml"
)

// ErrNeedsGradient is what a white-box attack returns when the model gives no
// gradients.
var ErrNeedsGradient = errors.New("evasion: the model gives no gradients")

// An Attack is one published attack on a learned model.
//
// To add one, make a folder below attack with a package-level variable named
// Attack, and run go generate.
type Attack struct {
	quintain.Check

	// Paper cites the publication the code follows, so that one can be
	// checked against the other.
	Paper string

	// BlackBox says that the attack sees nothing of a model but its answers.
	// It is given an [ml.Oracle] that is no [ml.Model], and works on models
	// without gradients.
	BlackBox bool

	// Run mounts the attack on the batch of tr and returns what became of it.
	// It takes all its randomness from [Trial.Rand], stays in the ball, and
	// stops within the budget.
	Run func(ctx context.Context, tr *Trial) (Result, error)
}

// A Trial is everything that an attacker may see and use.
type Trial struct {
	Model  ml.Oracle // an [ml.Model] if the attacker sees inside
	Batch  ml.Batch  // the rows to change, all of them classified as they are labeled
	Ball   Ball      // how far a row may be moved
	Budget Budget
	Seed   uint64
}

// A Budget limits the effort of an attack. A zero is the attack's own default.
type Budget struct {
	Steps   int // of an iterative attack, for each start
	Queries int // rows that a black-box attack may ask about, for each row of the batch
}

// A Result is what an attack made of a trial.
type Result struct {
	// Adv holds the changed rows in the order of the trial's batch. A row that
	// the attack could not turn is there all the same, as far as it got. The
	// engine judges for itself which rows are misclassified.
	Adv ml.Batch

	// Queries says for every row how often a black-box attack asked the
	// model about it. It is nil where nobody counts.
	Queries []int
}
