// Package privacy measures what a learned classifier gives away about the rows
// it was trained on, and holds the figures against their own uncertainty.
package privacy

import (
	"context"

	"quintain"
	"quintain/attack/privacy/score"
	"quintain/ml"
	"quintain/ml/graph"
)

// An Attack is one published attack on the privacy of training data. Exactly
// one of Variants and Audit is set.
//
// To add one, make a folder below attack/privacy with a package-level variable
// named Attack, and run go generate.
type Attack struct {
	quintain.Check

	// Paper cites the publication the code follows, so that one can be
	// checked against the other.
	Paper string

	// Variants are forms of an attack that tells members from others. The
	// engine takes the one that does best on shadow models, never on the
	// target, and the first where there are none.
	Variants []Variant

	// Shadows says that the variants compare the target with shadow models.
	Shadows bool

	// Queries says that the variants ask the target about rows of their own.
	Queries bool

	// Own says that the variants need rows known not to be members. The
	// engine sets half of those aside and does not count them.
	Own bool

	// Audit runs an attack that concludes by itself.
	Audit func(ctx context.Context, w *World) (Conclusion, error)
}

// A Variant scores the rows of a case: the higher, the likelier a member.
type Variant struct {
	Name  string
	Score func(ctx context.Context, c *Case) ([]float64, error)
}

// A Case is all that an attacker on membership may see. Rows are in no order.
type Case struct {
	Odds    []float64 // log odds of the true label, for each row
	Right   []bool    // whether the target gives the true label
	Labels  []int32
	Classes int

	Rows    ml.Batch       // what the target was asked about; empty if only its answers are known
	Model   ml.Oracle      // nil unless the attack has Queries
	Shadows *score.Shadows // nil unless the attack has Shadows
	Own     []int          // rows known not to be members; none unless the attack has Own
	Seed    uint64
}

// A World is what an audit works with.
type World struct {
	Target   quintain.Target
	Net      *graph.Net // nil if only answers are known
	Features []string
	Members  ml.Batch // the rows trained on
	Others   ml.Batch // rows like them that were not
	Trained  ml.Batch // all rows trained on, of which Members may be a part
	Classes  int
	Seed     uint64

	// Fit trains the target's architecture from scratch on other rows. It is
	// nil if that cannot be done.
	Fit func(ctx context.Context, b ml.Batch, seed uint64) (*graph.Net, error)

	// Rank scores members and others by the best attack on membership that
	// the engine can mount without looking at the target, and names it.
	Rank func(ctx context.Context) (members, others []float64, by string, err error)
}

// A Conclusion is what an audit found.
type Conclusion struct {
	Outcome  quintain.Outcome
	Severity quintain.Severity
	Summary  string
	Evidence []quintain.Evidence
	Control  *quintain.Control
}
