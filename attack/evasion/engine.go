package evasion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// Options say how to attack.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// Steps is the number of steps of iterative attacks; 0 means the attack's
	// own default.
	Steps int

	// MaxSamples is the number of rows to attack at most; 0 means 500, or 100
	// of a remote model. They are drawn at random from the data.
	MaxSamples int

	// Queries is how often a black-box attack may ask about each row; 0 means
	// the attack's own default, or for a remote model as many as its budget
	// allows, up to 1000.
	Queries int

	// Nodes is how many parts of their neighborhoods the exact search of the
	// certificate may look at, all rows together; 0 means as many as take some
	// seconds, about. What it finds does not depend on a clock.
	Nodes int

	// Budget is how many rows an attack may ask the model about, all rows of
	// the data together and a gradient counted as one more; 0 is no limit. An
	// attack that has spent it ends after the rows it is at, and the finding
	// says of how many rows it is. What it concludes does not depend on a clock.
	Budget int64

	// Stop, if not nil, is asked now and then whether to end as if the budget
	// were spent.
	Stop func() bool

	// Open opens a target that is no ONNX file: an address, or the description of
	// an endpoint. It returns what closes it. If what it opens is a [Remote], the
	// ledger is kept by the model, not here. It may be nil.
	Open func(ctx context.Context, t quintain.Target) (ml.Oracle, func() error, error)

	// Engine, if not nil, makes a checked net ready to run elsewhere than in
	// package graph, and so are the model and its control. Certificates are worked
	// out from the net all the same.
	Engine func(net *graph.Net) (Runner, error)

	// Flags stand in the command line that repeats a finding, beside what the
	// other options and the target say.
	Flags []string

	// Jobs is how many goroutines run the model; 0 is one per processor. Batch
	// is how many rows it is given at once; 0 is its own choice. Nothing that is
	// found depends on them.
	Jobs, Batch int

	// Sample, if not nil, is given what became of every row that was attacked.
	Sample func(Sample) error

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

const defaultSamples = 500

type engine struct {
	o       Options
	attacks quintain.Plugins[*Attack]
}

// New returns the engine that mounts attacks on targets of kind
// [quintain.KindClassifier]. Ref is an ONNX file, or whatever Options.Open
// opens. With has these keys:
//
//	data    a CSV file of labeled rows, as package ml/data reads it; required
//	eps     the most that a feature may change, in units of its range in the
//	        data, above 0 and at most 1; 0.1 if absent
//	norm    linf, or l2 if eps limits the root of the sum of the squares of all
//	        changes, and may be larger than 1; linf if absent
//	robust  the accuracy that the model must keep under attack, above 0 and at
//	        most 1; 0.5 if absent
//	gate    lower if the lower end of the interval must be as required and a
//	        finding is Fail where it is not; interval if absent
//	from    attack rows of this class only
//	to      the attacker wants this class and no other
//	constraints
//	        a file that says which rows could exist, as package rules reads it;
//	        attacks that do not keep to it do not apply
//	unconstrained
//	        yes if attacks that do not keep to the constraints are to be mounted
//	        all the same
//	smooth  also certify the model smoothed by noise of this deviation, in units
//	        of the range of features
//
// No attack moves a feature out of its range in the data. A finding is Fail if
// the 95% interval of the accuracy under attack ends below what is required,
// with severity High, because somebody required it. It is Pass if
// the interval begins at or above what is required, the row-by-row checks for
// masked gradients find nothing, and enough rows were classified correctly to
// begin with. Attacks that follow gradients do not apply to a model that has
// none, such as a forest; black-box attacks do.
//
// Where bounds of the model can be worked out, a certificate says how many rows
// no attack can turn. Accuracy under attack is then an interval with two ends,
// and the finding is Pass too if the interval of the lower end begins at or
// above what is required.
//
// A remote model is attacked by its answers: by scores, or by labels where it
// tells no more. There is no certificate then, and a Pass says what outsiders
// achieve with so many questions, no more. Rows are begun only while what may
// still be asked covers them at the worst, so no budget is exceeded. A model
// that answers one row in two ways is Inconclusive.
//
// If ctx ends, Run records what was measured until then, never as a Pass, and
// returns the error of ctx.
func New(o Options, attacks ...*Attack) quintain.Engine {
	resolved := make([]*Attack, len(attacks))
	for i, a := range attacks {
		resolved[i] = a.resolve(attacks)
	}
	return &engine{o: o, attacks: quintain.Sorted(resolved)}
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.attacks.Checks() }

// Run implements [quintain.Engine]. A file that cannot be read is an error; a
// model that cannot be attacked, or does not go with the data, is an
// Inconclusive finding that says why.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) (err error) {
	attacks, err := e.attacks.Pick(checks, "is no attack")
	if err != nil {
		return err
	}
	s, err := e.open(ctx, t, outsiders(attacks, t.With["constraints"] != ""))
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), interrupted(t, attacks, rec))
	}
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
	p := &progress{report: e.o.Progress, total: len(attacks) * phases}
	for i, a := range attacks {
		s.grant = s.allow(e.o, s.suitors(attacks[i:]))
		f, err := e.mount(ctx, s, a, rec, p)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// interrupted records that no attack began.
func interrupted(t quintain.Target, attacks []*Attack, rec quintain.Recorder) error {
	for _, a := range attacks {
		if err := rec.Record(quintain.Finding{Check: a.Name, Target: t, Techniques: a.Techniques, Summary: "interrupted before the attack began"}); err != nil {
			return err
		}
	}
	return nil
}

// A Planner is an engine that says what it would ask of a remote model. The
// engine that [New] returns is one.
type Planner interface {
	// Plan returns a line for each check; see [Plan].
	Plan(t Terms, checks []*quintain.Check) []string
}

// Plan implements [Planner].
func (e *engine) Plan(t Terms, checks []*quintain.Check) []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.Name)
	}
	return Plan(e.o, t, e.attacks, names...)
}

// Estimate implements [quintain.Estimator].
func (e *engine) Estimate(t quintain.Target, checks []*quintain.Check) quintain.Cost {
	if !elsewhere(t) {
		return quintain.Cost{Rows: len(checks) * cmp.Or(e.o.MaxSamples, defaultSamples)}
	}
	n := 0
	for _, a := range e.attacks {
		if outsiders([]*Attack{a}, t.With["constraints"] != "") > 0 && slices.ContainsFunc(checks, func(c *quintain.Check) bool { return c.Name == a.Name }) {
			n++
		}
	}
	return quintain.Cost{Rows: n * cmp.Or(e.o.MaxSamples, remoteSamples)}
}

// phases is how many steps of progress an attack makes: the attack itself, the
// control, the checks for masked gradients, and the evidence.
const phases = 4

type progress struct {
	report      func(done, total int)
	done, total int
}

// skip is all steps of an attack that is not made.
func (p *progress) skip() {
	for range phases {
		p.step()
	}
}

func (p *progress) step() {
	p.done++
	if p.report != nil {
		p.report(p.done, p.total)
	}
}
