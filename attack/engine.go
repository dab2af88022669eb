package attack

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"quintain"
)

// Options say how to attack.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// Steps is the number of steps of iterative attacks; 0 means the attack's
	// own default.
	Steps int

	// MaxSamples is the number of rows to attack at most; 0 means 500. They
	// are drawn at random from the data.
	MaxSamples int

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

type engine struct {
	o       Options
	attacks []*Attack // sorted by name
}

// New returns the engine that mounts attacks on targets of kind
// [quintain.KindClassifier]. Ref is an ONNX file. With has these keys:
//
//	data    a CSV file of labeled rows; required
//	eps     the most that a feature may change, in units of its range in the
//	        data; 0.1 if absent
//	robust  the accuracy that the model must keep under attack; 0.5 if absent
func New(o Options, attacks ...*Attack) quintain.Engine {
	e := &engine{o: o, attacks: slices.Clone(attacks)}
	slices.SortFunc(e.attacks, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	if e.o.MaxSamples <= 0 {
		e.o.MaxSamples = 500
	}
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check {
	out := make([]*quintain.Check, len(e.attacks))
	for i, a := range e.attacks {
		out[i] = &a.Check
	}
	return out
}

// Run implements [quintain.Engine].
func (e *engine) Run(_ context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	for _, c := range checks {
		i := slices.IndexFunc(e.attacks, func(a *Attack) bool { return a.Name == c.Name })
		if i < 0 {
			return fmt.Errorf("check %q is no attack", c.Name)
		}
		f := quintain.Finding{Check: c.Name, Target: t, Techniques: c.Techniques, Summary: "the attack has not been mounted"}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	return nil
}
