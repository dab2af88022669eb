package extraction

import (
	"cmp"
	"context"
	"fmt"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// Options say how to attack.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// MaxSamples is the number of rows that a copy is judged on at most; 0
	// means 1000. They are drawn at random from the data.
	MaxSamples int

	// Open opens a target that is no ONNX file, such as the description of an
	// endpoint, and returns what closes it. It may be nil.
	Open func(ctx context.Context, t quintain.Target) (ml.Oracle, func() error, error)

	// Terms says on which terms Open's targets answer: questions in a second, and
	// the price of 1,000 answers, 0 where these are not known. The target's own
	// come first. It may be nil.
	Terms func(t quintain.Target) (perSecond, price float64, err error)

	// Copied, if not nil, is given every copy that is a graph and was made with
	// the whole budget.
	Copied func(check string, g *graph.Graph) error

	// Asked, if not nil, is given every row that the copy with the whole budget
	// is made of, in order, with the class that was answered.
	Asked func(check string, row []float32, label int) error

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

const defaultSamples = 1000

type engine struct {
	o       Options
	attacks quintain.Plugins[*Attack]
}

// New returns the engine that copies classifiers, targets of kind
// [quintain.KindClassifier]. Ref is an ONNX file, or whatever Options.Open
// opens. With has these keys:
//
//	data        labeled rows that copies are judged on; the range of each feature
//	            there is what the attacker knows of it; required
//	rows        rows that the attacker owns; their labels are not used
//	answers     what the model tells: scores, labels, top, top:N, round:N,
//	            noise:S or fresh-noise:S; if absent scores, or round:N for an
//	            endpoint whose scores have few decimals
//	similar     rows near an earlier one that an account may ask about before it
//	            is closed; no limit if absent
//	near        how near that is, in units of the range of each feature; 0.01 if
//	            absent
//	source      where questions come from: rows, marginals or noise; if absent
//	            all rows first, then marginals, or noise for who owns no rows
//	queries     rows that may be asked about; 1000 if absent
//	fidelity    the share of rows on which a copy may agree with the model; 0.9
//	            if absent
//	per-second  questions that the model answers in a second, for the hours that
//	            a copy takes
//	price       of 1,000 answers, for the money
//
// A finding is Fail if the copy that is made with all queries agrees with the
// model on more rows than allowed, as far as the 95% interval tells. It is Pass
// if the interval ends at or below what is allowed; that counts as resistance
// if the same attack copies a model that is known to be easy.
func New(o Options, attacks ...*Attack) quintain.Engine {
	e := &engine{o: o, attacks: quintain.Sorted(attacks)}
	e.o.MaxSamples = cmp.Or(o.MaxSamples, defaultSamples)
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.attacks.Checks() }

// Run implements [quintain.Engine]. A file that cannot be read is an error; a
// model that cannot be run, or data that is missing or does not go with it, is
// an Inconclusive finding that says why.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) (err error) {
	attacks, err := e.attacks.Pick(checks, "does not copy models")
	if err != nil {
		return err
	}
	s, err := e.open(ctx, t)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := s.close(); err == nil {
			err = cerr
		}
	}()
	if err := rec.Describe(s.component()); err != nil {
		return err
	}
	for i, a := range attacks {
		f, err := e.mount(ctx, s, a, rec)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		if err := rec.Record(f); err != nil {
			return err
		}
		if e.o.Progress != nil {
			e.o.Progress(i+1, len(attacks))
		}
	}
	return nil
}

// Estimate implements [quintain.Estimator].
func (e *engine) Estimate(_ quintain.Target, checks []*quintain.Check) quintain.Cost {
	return quintain.Cost{Rows: len(checks) * e.o.MaxSamples}
}
