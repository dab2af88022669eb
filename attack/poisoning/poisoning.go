// Package poisoning mounts published attacks on training data, trains the
// user's model on what they leave, and measures what it has learned. It also
// looks for the traces of such attacks in data that is handed to it.
package poisoning

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// ErrUnfit says that an attack does not go with the data: a patch, for
// instance, needs pictures. Errors that wrap it say why.
var ErrUnfit = errors.New("the attack does not go with the data")

// An Attack is one published attack on training data.
//
// To add one, make a folder below attack/poisoning with a package-level
// variable named Attack, and run go generate. It has Poison, or Find, or both, or
// Inspect; Find makes its check accept files of rows, and the others models.
type Attack struct {
	quintain.Check

	// Paper cites the publication the code follows, so that one can be
	// checked against the other.
	Paper string

	// Poison changes rows within the budget of the trial and says how the
	// attacker will profit. It takes all its randomness from the trial.
	Poison func(ctx context.Context, tr *Trial) (*Poisoned, error)

	// Cases is how many times Poison is called for one verdict, with Trial.Case
	// 0, 1 and so on, where one call has one row to turn: models are trained on
	// the outcome of each. It is 1 if 0.
	Cases int

	// Find lists the rows that carry the traces of the attack, and says what
	// they are.
	Find func(ctx context.Context, d *Data, seed uint64) (*Traces, error)

	// Inspect looks for what the attack leaves in a trained model.
	Inspect func(ctx context.Context, s *Suspect) (*Suspicion, error)

	// Tolerated is the share of rows that Find may list in honest data, above
	// 0 where honest data has some, such as wrong labels.
	Tolerated float64
}

// A Trial is everything that an attacker may see and use.
type Trial struct {
	Rows      ml.Batch     // that the model is trained on; not to be changed
	Text      []string     // of each of Rows, where they are texts whose words Rows counts; else nil
	Test      ml.Batch     // rows that it meets later; not to be changed
	Graph     *graph.Graph // the model, for attacks that need a surrogate
	Low, High []float32    // the range of each feature in the data
	Shape     []int        // of one row, as the model takes it
	Classes   int
	Target    int32   // the class that the attacker is after
	Budget    int     // rows that may be changed
	Eps       float64 // most that a row which must not be noticed differs in a feature, in units of its range
	Case      int     // which of the cases of the attack this is, from 0
	Seed      uint64

	// Surrogate trains the model on Rows, as the attacker would to try things
	// out. The attacker does not know from which seed the victim is trained.
	Surrogate func(ctx context.Context, seed uint64) (*graph.Graph, error)
}

// Rand returns a source of randomness that depends on the seed of the trial
// and on stream only.
func (tr *Trial) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(tr.Seed, stream)) }

// Poisoned is what an attack left.
type Poisoned struct {
	Rows    ml.Batch // as many as before
	Text    []string // of each, if the attack changed texts; what Rows counts is then as before
	Changed []int    // which of them are not as they were

	// Probe holds the rows that the attacker shows to the trained model, with
	// their true labels. The attack succeeds on one that is classified as
	// Want says, or, where Want is negative, as anything but its label.
	Probe ml.Batch
	Want  []int32

	Says string // what the attacker did: "pixels 54, 55 = 1 on rows relabeled 0"
}

// Data is labeled rows that are searched for traces.
type Data struct {
	ml.Batch
	Names []string // of the features; nil if they have none
	Text  []string // of each row, where rows are texts; else nil
	Words int      // how many of the features, the last ones, count words of Text
}

// Name returns what feature j is called.
func (d *Data) Name(j int) string {
	if j < len(d.Names) {
		return d.Names[j]
	}
	return "feature " + strconv.Itoa(j)
}

// Numbers returns the rows without the features that count words; Dim may be 0.
func (d *Data) Numbers() ml.Batch {
	if d.Words == 0 {
		return d.Batch
	}
	out := ml.Batch{Dim: d.Dim - d.Words, Y: d.Y}
	for i := range d.Rows() {
		out.X = append(out.X, d.Row(i)[:out.Dim]...)
	}
	return out
}

// Traces are what [Attack.Find] finds.
type Traces struct {
	Rows []int  // sorted
	Says string // what they have in common, or how they were found

	// Doubt says, if not empty, why nothing follows from how many there are.
	Doubt string
}
