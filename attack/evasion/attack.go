// Package evasion mounts published attacks on learned classifiers and measures
// what the classifiers withstand.
package evasion

import (
	"context"
	"errors"

	"quintain"
)

// ErrUnfit is what an attack returns when its own rows are no use to it.
var ErrUnfit = errors.New("evasion: the attacker's own rows are of no use")

// ErrNeedsGradient is what a white-box attack returns when the model gives no
// gradients.
var ErrNeedsGradient = errors.New("evasion: the model gives no gradients")

// An Attack is one published attack on a learned model.
//
// To add one, make a folder below this one with a package-level variable named
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

	// Scores says that the attack follows scores, so that a model that answers
	// with labels only is no match for it.
	Scores bool

	// LInf says that the attack knows no norm but L-infinity.
	LInf bool

	// Ruled says that the attack keeps to a constraint file, and applies only
	// to targets that have one. If Edits is above 0 its budget is that many
	// edits and no ball, unless [Budget.Steps] says otherwise.
	Ruled bool
	Edits int

	// Whole says that what becomes of a row depends on the other rows, so that
	// all are attacked at once whatever the budget.
	Whole bool

	// Halves says that the attacker has rows of their own, half of those drawn,
	// which are in [Trial.Own] and are not attacked.
	Halves bool

	// Squares says that the attack replaces a square of a picture by another and
	// is bounded by no distance. It applies to rows that are pictures.
	Squares bool

	// Steps and Queries are the attack's own budget, where it takes any; see
	// [Budget].
	Steps, Queries int

	// Share is how many of the rows of a weak linear twin that can fall the
	// attack must turn to be taken seriously, in [0, 1]. Zero means exactly
	// all of them, which what follows gradients can do.
	Share float64

	// Run mounts the attack on the batch of tr and returns what became of it.
	// It takes all its randomness from [Trial.Rand], stays in the ball, and
	// stops within the budget.
	Run func(ctx context.Context, tr *Trial) (Result, error)

	// Parts names attacks to be mounted one after the other, each on the rows
	// that still stand after those before it, in place of Run. Those that the
	// model or the norm is no match for are left out; if that is all of them,
	// Else names those that are mounted then.
	Parts, Else []string

	parts, other []*Attack // found by New
}
