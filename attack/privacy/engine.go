package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"quintain"
	"quintain/ml/train"
)

// Options say how to attack.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// Shadows is the number of shadow models; 0 means 16. There are at least 4.
	Shadows int

	// Train says how the target was trained, as far as that is known: shadow
	// models are only as good as the likeness. Its Seed is not used.
	Train train.Options

	// MaxSamples is the number of members, and of others, to test at most; 0
	// means 1,000. They are drawn at random.
	MaxSamples int

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

const (
	defaultShadows = 16
	minShadows     = 4
	maxShadows     = 4096
	defaultSamples = 1000
)

type engine struct {
	o       Options
	attacks quintain.Plugins[*Attack]
}

// New returns the engine that mounts attacks on the training data of targets of
// kind [quintain.KindClassifier]. Ref is an ONNX file, or a CSV file of what a
// model answered. With has these keys:
//
//	train  a CSV file of the rows the model was trained on, as package ml/data
//	       reads it; required for a model
//	data   one of rows like them that it was not trained on; required for a model
//	auc    the area under the curve that an attack may reach; 0.6 if absent
//	tpr    the share of members that it may identify; 0.05 if absent
//	fpr    the share of others that it may accuse meanwhile; 0.01 if absent
//
// Single attacks read more keys, which their manual pages name. A CSV file of
// answers has a column "member" of 0 and 1, the true label, and a column for
// each class: probabilities where every row sums to 1, else logits.
//
// A finding on membership is Fail if the 95% interval of either figure begins
// above what is allowed, with severity High. It is Pass if both intervals end
// within what is allowed, the rates can be told from that many rows, nothing
// makes the attack look weaker or stronger than it is, and the same attack
// succeeds on a twin that has learned its rows by heart.
func New(o Options, attacks ...*Attack) quintain.Engine {
	o.Shadows = min(max(cmp.Or(o.Shadows, defaultShadows), minShadows), maxShadows)
	o.MaxSamples = cmp.Or(max(o.MaxSamples, 0), defaultSamples)
	e := &engine{o: o, attacks: quintain.Sorted(attacks)}
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.attacks.Checks() }

// Run implements [quintain.Engine]. A file that cannot be read is an error; a
// model that cannot be attacked, or does not go with the data, is an
// Inconclusive finding that says why.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	attacks, err := e.attacks.Pick(checks, "is no attack on privacy")
	if err != nil {
		return err
	}
	s, err := e.open(ctx, t)
	if err != nil {
		return err
	}
	if err := rec.Describe(s.component()); err != nil {
		return err
	}
	for i, a := range attacks {
		f, err := e.mount(ctx, s, a, rec)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		f.Check, f.Target, f.Techniques = a.Name, t, a.Techniques
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
	return quintain.Cost{Rows: len(checks) * 2 * e.o.MaxSamples}
}

// errNot says why an attack cannot be mounted on a target.
type errNot struct{ error }

func not(format string, args ...any) error { return errNot{fmt.Errorf(format, args...)} }

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder) (quintain.Finding, error) {
	var f quintain.Finding
	var err error
	switch {
	case s.trouble != "":
		f.Summary = s.trouble
		return f, nil
	case a.Audit != nil:
		var c Conclusion
		if s.net == nil {
			err = not("the attack needs the model, and there are only its answers")
		} else {
			c, err = a.Audit(ctx, s.world(e))
		}
		f.Outcome, f.Severity, f.Summary, f.Evidence, f.Control = c.Outcome, c.Severity, c.Summary, c.Evidence, c.Control
	default:
		f, err = e.membership(ctx, s, a, rec)
	}
	if cannot, ok := errors.AsType[errNot](err); ok {
		return quintain.Finding{Outcome: quintain.NotApplicable, Summary: cannot.Error()}, nil
	}
	return f, err
}
