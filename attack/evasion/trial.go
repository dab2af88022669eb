package evasion

import (
	"context"
	"math/rand/v2"

	"quintain"
	"quintain/attack/evasion/rules"
	"quintain/ml"
	"quintain/ml/graph"
)

// A Trial is everything that an attacker may see and use.
type Trial struct {
	Model  ml.Oracle // an [ml.Model] if the attacker sees inside
	Batch  ml.Batch  // the rows to change, all of them classified as they are labeled
	Ball   Ball      // how far a row may be moved
	Budget Budget
	Seed   uint64

	// Rows are the numbers of the rows, which say what randomness each gets.
	// Nil means that they are counted from 0.
	Rows []int

	// Own are rows that the attacker has for themselves, labeled; empty unless
	// the attack Halves. Like is the architecture of the model, whose weights mean
	// nothing; nil if nobody knows it.
	Own  ml.Batch
	Like *graph.Graph

	// Frame is what the attack may replace; nil unless it is for Squares.
	Frame *Picture

	// Rules are what rows must keep to; nil unless the attack is Ruled.
	Rules *rules.Set
}

// A Budget limits the effort of an attack. A zero is the attack's own default.
type Budget struct {
	Steps   int // of an iterative attack, for each start
	Queries int // rows that a black-box attack may ask about, for each row of the batch

	times int // as many steps
}

// A Result is what an attack made of a trial.
type Result struct {
	// Adv holds the changed rows in the order of the trial's batch. A row that
	// the attack could not turn is there all the same, as far as it got. The
	// engine judges for itself which rows are misclassified.
	Adv ml.Batch

	// Near holds the nearest misclassified rows that were found, in the ball
	// or out of it but always in the box; a row for which there is none is as
	// it was. It is empty where nobody looks for the nearest.
	Near ml.Batch

	// Says is what there is to say beside the rows.
	Says []quintain.Evidence

	// Queries says for every row how often a black-box attack asked the
	// model about it. It is nil where nobody counts.
	Queries []int
}

// Rand returns the source of randomness for one start of one row. It depends
// on the seed of the trial, the row and the start, and on nothing else, so
// that neither the order of work nor the company of other rows matters.
func (tr *Trial) Rand(row, start int) *rand.Rand {
	if tr.Rows != nil {
		row = tr.Rows[row]
	}
	return rand.New(rand.NewPCG(tr.Seed, uint64(row)<<32|uint64(uint32(start))))
}

// Pick returns a trial of the rows listed.
func (tr *Trial) Pick(rows []int) *Trial {
	out := *tr
	out.Batch = tr.Batch.Pick(rows)
	out.Rows = make([]int, len(rows))
	for i, r := range rows {
		out.Rows[i] = r
		if tr.Rows != nil {
			out.Rows[i] = tr.Rows[r]
		}
	}
	return &out
}

// Fooled reports for every row of x whether the model misclassifies it. A row
// that makes the model answer something that is no number is misclassified.
func Fooled(ctx context.Context, m ml.Oracle, x ml.Batch) ([]bool, error) {
	if x.Rows() == 0 {
		return nil, nil
	}
	z, err := m.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	k := m.Spec().Classes
	out := make([]bool, x.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*k:(i+1)*k]) != int(x.Y[i])
	}
	return out, nil
}
