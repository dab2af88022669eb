package poisoning

import (
	"context"
	"fmt"
	"slices"

	"quintain"
)

// Options say how to attack.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

type engine struct {
	o       Options
	attacks quintain.Plugins[*Attack]
}

// New returns the engine that poisons training data.
//
// Targets of kind [quintain.KindClassifier] are ONNX files whose training is
// repeated. With has these keys:
//
//	train      the rows that the model is trained on; required
//	data       labeled rows that it has not seen; required
//	poison     the share of the training rows that an attacker may change;
//	           0.01 if absent
//	triggered  the share of the attacker's rows that may go the attacker's way;
//	           0.5 if absent
//	eps        the most that attacks which are to be overlooked move a feature, in
//	           units of its range; 16/255 if absent
//	class      the class that the attacker is after; 0 if absent
//	epochs, batch, rate
//	           how the model is trained; 30, 32 and 0.001 if absent
//
// A finding is Fail if more rows than are allowed go the attacker's way, as far
// as the 95% interval tells, while accuracy on other rows falls by 3 points at
// most, so that nobody would notice. It is Pass if the interval ends at or
// below what is allowed; it counts as resistance if the same attack, given a
// tenth of the rows, succeeds on a plain network trained on the same data.
//
// An attack that is looked for in the model as it was handed in gives Fail if
// there are signs of it, and Pass if not; that counts if the signs are there in
// a plain network with a backdoor that was planted for the purpose.
//
// Targets of kind [quintain.KindDataset] are files of labeled rows, searched
// for traces of attacks. A finding is Fail if there are more than honest data
// has, and Pass if not; that counts if traces that are planted in a copy are found.
func New(o Options, attacks ...*Attack) quintain.Engine {
	e := &engine{o: o, attacks: quintain.Sorted(attacks)}
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.attacks.Checks() }

// Run implements [quintain.Engine]. A file that cannot be read is an error; a
// model or rows that are not fit for an attack give an Inconclusive finding
// that says why.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	attacks, err := e.attacks.Pick(checks, "is no attack on training data")
	if err != nil {
		return err
	}
	if t.Kind == quintain.KindDataset {
		return e.screen(ctx, t, attacks, rec)
	}
	s, err := e.open(ctx, t)
	if err != nil {
		return err
	}
	if err := rec.Describe(s.component()); err != nil {
		return err
	}
	p := &progress{report: e.o.Progress, total: 1 + len(attacks)}
	mounts := slices.ContainsFunc(attacks, func(a *Attack) bool { return a.Poison != nil })
	if s.trouble == "" && mounts {
		if err := s.reference(ctx, e.o.Seed); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.trouble = "the model cannot be trained: " + err.Error()
		}
	}
	p.step()
	for _, a := range attacks {
		f, err := e.mount(ctx, s, a)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		if err := rec.Record(f); err != nil {
			return err
		}
		p.step()
	}
	return nil
}

type progress struct {
	report      func(done, total int)
	done, total int
}

func (p *progress) step() {
	p.done++
	if p.report != nil {
		p.report(p.done, p.total)
	}
}
