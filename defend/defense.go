// Package defend hardens a learned classifier and then has it attacked again
// by attackers who know what was done. What it reports is the difference.
//
// The attackers are not its own: whoever makes an engine hands them in.
package defend

import (
	"context"
	"errors"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// ErrUnfit says that a defense does not go with the model or the rows. Errors
// that wrap it say why.
var ErrUnfit = errors.New("the defense does not go with the model")

// A Defense is one published way to harden a classifier: its training, its
// training rows, or its answers.
//
// To add one, make a folder below this one with a package-level variable named
// Defense, and run go generate.
type Defense struct {
	quintain.Check

	// Paper cites the publication the code follows, so that one can be
	// checked against the other.
	Paper string

	// Against names the families of checks that the defense is judged by, such
	// as "attack/evasion". There is at least one, and each gets a finding.
	Against []string

	// Harden applies the defense. It changes nothing that it is given, and
	// takes all its randomness from the seed of the trial.
	Harden func(ctx context.Context, tr *Trial) (*Hardened, error)
}

// A Trial is what a defense works with.
type Trial struct {
	Graph     *graph.Graph // the model as it is; not to be changed
	Rows      ml.Batch     // that it is trained on; not to be changed
	Low, High []float32    // the range of each feature in these rows
	Test      ml.Batch     // rows to count certificates on; nothing may be trained on them
	Classes   int
	Settings  Settings
	Seed      uint64

	// Stale says that the weights of Graph do not come from Rows.
	Stale bool

	memo *memo // shared by the trials of a run; see Once
}

// Fitted returns the model of the trial as it is without a defense, for
// defenses that change answers only.
func (tr *Trial) Fitted(ctx context.Context) (*graph.Net, error) {
	g := tr.Graph
	if tr.Stale {
		var err error
		if g, err = tr.Fit(ctx, tr.Rows, train.Options{}); err != nil {
			return nil, err
		}
	}
	return graph.Compile(g, graph.Options{})
}

// Fit trains the model of the trial with fresh weights on rows. Epochs, minibatch
// and rate are those of the settings where o leaves them open.
func (tr *Trial) Fit(ctx context.Context, rows ml.Batch, o train.Options) (*graph.Graph, error) {
	fresh, err := train.Reinit(tr.Graph, tr.Seed)
	if err != nil {
		return nil, err
	}
	s := tr.Settings
	o.Seed = tr.Seed
	if o.Epochs == 0 {
		o.Epochs = s.Epochs
	}
	if o.Batch == 0 {
		o.Batch = s.Batch
	}
	if o.Rate == 0 {
		o.Rate = s.Rate
	}
	return train.Fit(ctx, fresh, rows, o)
}

// Hardened is what a defense made.
type Hardened struct {
	// Graph is the hardened model, where it is one that a file can hold.
	Graph *graph.Graph

	// Model is what the world meets, and what every attack is judged on. Nil
	// stands for Graph.
	Model ml.Oracle

	// Seen is what an attacker follows who knows all about the defense but its
	// dice: for answers that have no gradients, the model behind them. Nil
	// stands for Model if that has gradients. If nothing has, no attack that
	// follows gradients can be adaptive.
	Seen ml.Model

	// Answers is what is told of each row: "scores" if empty, "labels", "top",
	// "round:" and a number of decimals, or "noise:" and a deviation, for noise
	// that Model has added already.
	Answers string

	// Allowed is how many rows an attacker may ask about, with all accounts
	// there are to be had; 0 is no limit.
	Allowed int

	// Gate returns what says of each row in turn whether an attacker with all
	// their accounts is still answered; nil answers all that is Allowed.
	Gate func() func(row []float32) bool

	// Policy says how to run the defense, as [ReadPolicy] reads it, where it is
	// no graph.
	Policy []byte

	// Says is what was done, in one sentence without a full stop.
	Says string

	// Evidence is what the defense proves by itself: a certificate, a budget.
	Evidence []quintain.Evidence
}

// complete compiles the graph and fills in what is left open.
func (h *Hardened) complete() error {
	if h.Model == nil {
		net, err := graph.Compile(h.Graph, graph.Options{})
		if err != nil {
			return err
		}
		h.Model = net
	}
	if h.Seen == nil {
		if m, ok := h.Model.(ml.Model); ok {
			h.Seen = m
		}
	}
	return nil
}

// A Victim is a model under attack, defended or not.
type Victim struct {
	Target quintain.Target
	Graph  *graph.Graph // nil if it is no graph
	Plain  *graph.Graph // the model without its defense, which an attacker can try things out on
	Model  ml.Oracle    // that attacks are judged on
	Seen   ml.Model     // that a knowing attacker follows; nil if nothing has gradients
	Twin   ml.Model     // the undefended model, to carry attacks over from; nil if this is it

	Shape   []int  // of one row, as the model takes it
	Answers string // as [Hardened] has it
	Allowed int    // as [Hardened] has it

	// Gate is as [Hardened] has it.
	Gate func() func(row []float32) bool

	Rows      ml.Batch  // trained on
	Test      ml.Batch  // not trained on
	Low, High []float32 // the range of each feature in Test
	Settings  Settings
	Seed      uint64

	// Refit trains such a victim, its defense included, on other rows.
	Refit func(ctx context.Context, rows ml.Batch, seed uint64) (ml.Oracle, error)
}

// An Attacker attacks a victim and knows how it is defended.
type Attacker struct {
	Name   string  // the check whose attack it mounts, "attack/evasion/standard"
	Chance float64 // the success of an attacker who only guesses

	// Attack mounts the same attack on any victim, with the same effort and the
	// same units: rows, members, triggers.
	Attack func(ctx context.Context, v *Victim) (*Result, error)
}

// A Result is what an attack achieved.
type Result struct {
	// Success is how well the attacker did, from 0 to 1; more is worse for the
	// victim.
	Success quintain.Measure

	// Won says of every unit whether the attacker got it. Units are the same
	// for every victim. It is nil where success is no share of units.
	Won []bool

	// Adaptive says that the attacker used what there is to know of the
	// defense. No defense is called effective on anything else.
	Adaptive bool

	// Says is how, in one sentence without a full stop.
	Says string

	// Doubt says, if not empty, why the figure may be better than the victim.
	Doubt string
}
