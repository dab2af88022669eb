package defend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/ml"
)

// Options say how to defend and who attacks.
type Options struct {
	// Seed is where all randomness comes from.
	Seed uint64

	// Attackers attack the model before and after. Without one that belongs to
	// a family which a defense is judged by, nothing is decided about it. Those
	// of one family measure success alike, and the best on each side counts.
	// One that does not go with the model wraps [ErrUnfit].
	Attackers []*Attacker

	// Made, if not nil, is given what each defense made, before it is attacked.
	Made func(check string, h *Hardened) error

	// Progress is told how much work is done. It may be nil, and is not called
	// concurrently.
	Progress func(done, total int)
}

type engine struct {
	o        Options
	defenses quintain.Plugins[*Defense]
}

// New returns the engine that applies defenses and has them attacked.
//
// Targets are ONNX files of kind [quintain.KindClassifier]. With has these keys:
//
//	train    the rows that the model is trained on; required
//	data     labeled rows that it has not seen; required
//	against  the family of checks to judge by, if not all that the defense is for
//	gain     points by which the attacker's success must fall; 0.05 if absent
//	cost     points of accuracy that the defense may cost; 0.05 if absent
//	eps      the most that an attacker on rows may change a feature, in units of
//	         its range; 0.1 if absent
//	epochs, batch, rate
//	         how the model is trained; 30, 32 and 0.001 if absent
//
// and those of single defenses, which their manual pages name.
//
// Every family that a defense is judged by gets a finding. The best attack on
// the model as it was is compared with the best attack on the hardened one. The
// finding is Pass, and the defense effective, if the 95% interval of the
// difference begins at or above the gain, that of the loss of accuracy ends at
// or below the cost, and the attackers knew the defense. It is Fail if the
// first ends below the gain or the second begins above the cost. The control is
// the model as it was, which has to fall: nothing is shown by a defense of what
// nobody could break.
func New(o Options, defenses ...*Defense) quintain.Engine {
	e := &engine{o: o, defenses: quintain.Sorted(defenses)}
	return e
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.defenses.Checks() }

// Run implements [quintain.Engine]. A file that cannot be read is an error; a
// model that a defense does not go with is a finding that says why.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	defenses, err := e.defenses.Pick(checks, "is no defense")
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
	p := &progress{report: e.o.Progress, total: len(defenses) * (1 + 2*len(e.o.Attackers))}
	for i, d := range defenses {
		findings, err := e.try(ctx, s, d, p)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		for _, f := range findings {
			if err := rec.Record(f); err != nil {
				return err
			}
		}
		p.reach((i + 1) * (1 + 2*len(e.o.Attackers)))
	}
	return nil
}

// try applies d to s and has both attacked.
func (e *engine) try(ctx context.Context, s *subject, d *Defense, p *progress) ([]quintain.Finding, error) {
	f := quintain.Finding{Check: d.Name, Target: s.target, Techniques: d.Techniques}
	if f.Summary = s.trouble; f.Summary != "" {
		return []quintain.Finding{f}, nil
	}
	families, err := d.families(s.target.With["against"])
	if err != nil {
		return nil, err
	}
	tr := s.trial
	h, err := d.Harden(ctx, &tr)
	if err == nil {
		err = h.complete()
	}
	if err != nil {
		return refused(ctx, f, err)
	}
	if e.o.Made != nil {
		if err := e.o.Made(d.Name, h); err != nil {
			return nil, err
		}
	}
	p.step()
	v := s.victim(h)
	v.Twin = s.plain.Seen
	v.Refit = func(ctx context.Context, rows ml.Batch, seed uint64) (ml.Oracle, error) {
		again := s.trial
		again.Rows, again.Seed, again.Stale = rows, seed, true
		h, err := d.Harden(ctx, &again)
		if err == nil {
			err = h.complete()
		}
		if err != nil {
			return nil, err
		}
		return h.Model, nil
	}
	right, err := correct(ctx, h.Model, s.test)
	if err != nil {
		return nil, err
	}
	var out []quintain.Finding
	for _, family := range families {
		c := &contest{subject: s, family: family, made: h, right: right}
		if err := e.fight(ctx, c, v, p); err != nil {
			return nil, err
		}
		g := f
		c.conclude(&g)
		out = append(out, g)
	}
	return out, nil
}

// refused is the finding of a defense that could not be applied because of err,
// or the error of ctx.
func refused(ctx context.Context, f quintain.Finding, err error) ([]quintain.Finding, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	f.Summary = "the defense could not be applied: " + err.Error()
	if errors.Is(err, ErrUnfit) {
		f.Outcome, f.Summary = quintain.NotApplicable, err.Error()
	}
	return []quintain.Finding{f}, nil
}

// families returns what d is judged by, or the one of them that is asked for.
func (d *Defense) families(asked string) ([]string, error) {
	if asked == "" {
		return d.Against, nil
	}
	if !slices.Contains(d.Against, asked) {
		return nil, fmt.Errorf("it is not judged by %q (have %s)", asked, strings.Join(d.Against, ", "))
	}
	return []string{asked}, nil
}

// A contest is one hardened model against one family of attacks.
type contest struct {
	*subject
	family        string
	made          *Hardened
	right         []bool // rows of test that the hardened model classifies right
	chance        float64
	before, after *Result
	by            [2]string // the attacks that did best
	tried         []string  // every attack with its success before and after
}

// fight mounts the attacks of the family and keeps the best of each side.
func (e *engine) fight(ctx context.Context, c *contest, v *Victim, p *progress) error {
	for _, a := range e.o.Attackers {
		if !strings.HasPrefix(a.Name, c.family+"/") {
			continue
		}
		before, err := c.known(ctx, a)
		p.step()
		if errors.Is(err, ErrUnfit) {
			p.step()
			continue
		}
		if err != nil {
			return fmt.Errorf("%s on the model as it was: %w", a.Name, err)
		}
		after, err := a.Attack(ctx, v)
		if err != nil {
			return fmt.Errorf("%s on the hardened model: %w", a.Name, err)
		}
		p.step()
		for _, m := range []*Result{before, after} {
			if err := m.Success.Validate(); err != nil {
				return fmt.Errorf("%s: %w", a.Name, err)
			}
		}
		if c.before == nil || before.Success.Value-a.Chance > c.before.Success.Value-c.chance {
			c.before, c.by[0], c.chance = before, a.Name, a.Chance
		}
		if c.after == nil || after.Success.Value > c.after.Success.Value {
			c.after, c.by[1] = after, a.Name
		}
		c.tried = append(c.tried, fmt.Sprintf("%s %.1f%% and %.1f%%", a.Name, 100*before.Success.Value, 100*after.Success.Value))
	}
	return nil
}

// known attacks the undefended model, once for all defenses.
func (s *subject) known(ctx context.Context, a *Attacker) (*Result, error) {
	if r := s.results[a.Name]; r != nil {
		return r, nil
	}
	r, err := a.Attack(ctx, s.plain)
	if err == nil {
		s.results[a.Name] = r
	}
	return r, err
}

type progress struct {
	report      func(done, total int)
	done, total int
}

func (p *progress) step() { p.reach(p.done + 1) }

// reach says that so many steps are done, if it were fewer before.
func (p *progress) reach(done int) {
	if done <= p.done {
		return
	}
	p.done = min(done, p.total)
	if p.report != nil {
		p.report(p.done, p.total)
	}
}
