package probe

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"quintain"
	"quintain/llm"
)

const (
	localTrials   = 60 // 0 of 60 is a rate below 5% (one-sided) or 6% (two-sided)
	remoteTrials  = 20 // where every attempt costs somebody something
	controlTrials = 12
	parallel      = 8
	maxSilent     = 10 // conversations in a row without an answer, after which no more are tried
)

// Options say how to probe.
type Options struct {
	// Open opens the application that a target describes.
	Open func(ctx context.Context, t quintain.Target) (App, error)

	// Twin opens a deliberately weak twin of it, the positive control. Without
	// one a pass does not count as resistance.
	Twin func(ctx context.Context, t quintain.Target) (App, error)

	// Seed is where all nonces and worlds come from.
	Seed uint64

	// Trials is the number of attempts per probe; 0 means 60, or 20 for an
	// application that is reached over http.
	Trials int

	// Flags are further words of the command line that makes an attempt again.
	Flags []string

	// Strategies are the ways to word an attempt; none means as it is.
	Strategies []*Strategy

	// Progress is told how many attempts are over. It may be nil, and is not
	// called concurrently.
	Progress func(done, total int)
}

type engine struct {
	o      Options
	probes quintain.Plugins[*Probe]
}

// New returns the engine that makes the attempts of probes.
func New(o Options, probes ...*Probe) quintain.Engine {
	e := &engine{o: o, probes: quintain.Sorted(probes)}
	if len(o.Strategies) == 0 {
		e.o.Strategies = []*Strategy{asIs}
	}
	e.o.Strategies = slices.Clone(e.o.Strategies)
	slices.SortStableFunc(e.o.Strategies, func(a, b *Strategy) int {
		return cmp.Or(plainFirst(a)-plainFirst(b), cmp.Compare(a.Name, b.Name))
	})
	return e
}

func plainFirst(s *Strategy) int {
	if s.Name == "plain" {
		return 0
	}
	return 1
}

// Checks implements [quintain.Engine].
func (e *engine) Checks() []*quintain.Check { return e.probes.Checks() }

// Run implements [quintain.Engine]. When ctx ends early it returns an error, and
// has recorded the hits so far and, for every other check, that it was
// interrupted.
func (e *engine) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	probes, err := e.probes.Pick(checks, "is no probe")
	if err != nil {
		return err
	}
	r, err := e.open(ctx, t, probes)
	if err != nil {
		return err
	}
	if err := rec.Describe(r.component()); err != nil {
		return err
	}
	if err := r.makeAttempts(ctx); err != nil {
		r.interrupted = true
		return errors.Join(err, r.record(context.WithoutCancel(ctx), rec))
	}
	return r.record(ctx, rec)
}

// A run is the work of one call of Run.
type run struct {
	o      *Options
	target quintain.Target
	app    App
	tasks  []Task
	utils  []result // one per task

	twin    App   // nil if there is none
	twinErr error // why

	series []*series

	interrupted bool

	mu          sync.Mutex
	done, total int
	silence     int   // conversations in a row that got no answer
	over        error // why no more are tried; nil while they are
}

// A series is all attempts of one probe.
type series struct {
	probe   *Probe
	tries   []result
	shown   []int // attempts that the finding shows; only they have a log
	control []result
}

func (e *engine) open(ctx context.Context, t quintain.Target, probes []*Probe) (*run, error) {
	r := &run{o: &e.o, target: t}
	var err error
	if r.app, err = e.o.Open(ctx, t); err != nil {
		return nil, err
	}
	r.tasks = r.app.Tasks()
	r.utils = make([]result, len(r.tasks))
	if r.target.Digest == "" {
		r.target.Digest = r.app.Target().Digest
	}
	r.twinErr = errors.New("no weak twin to compare with")
	if e.o.Twin != nil {
		r.twin, r.twinErr = e.o.Twin(ctx, t)
	}
	n := e.trials(t)
	r.total = len(r.tasks)
	for _, p := range probes {
		s := &series{probe: p, tries: make([]result, n)}
		if p.Channel == Indirect && len(reading(r.tasks)) == 0 {
			s.tries = nil // nothing to ride on
		}
		if r.twinErr == nil && (p.Channel == Direct || len(reading(r.twin.Tasks())) > 0) {
			s.control = make([]result, min(len(s.tries), controlTrials))
		}
		r.total += len(s.tries) + len(s.control)
		r.series = append(r.series, s)
	}
	return r, nil
}

// trials returns the number of attempts per probe on t.
func (e *engine) trials(t quintain.Target) int {
	switch {
	case e.o.Trials > 0:
		return e.o.Trials
	case strings.Contains(t.Ref, "://"):
		return remoteTrials
	}
	return localTrials
}

// Estimate implements [quintain.Estimator]. What the weak twin is asked costs
// nobody anything and is left out.
func (e *engine) Estimate(t quintain.Target, checks []*quintain.Check) quintain.Cost {
	return quintain.Cost{Conversations: len(checks) * e.trials(t)}
}

// makeAttempts fills in the results. It asks for the harmless tasks first and
// stops there if nobody answers.
func (r *run) makeAttempts(ctx context.Context) error {
	g := new(errgroup.Group)
	g.SetLimit(parallel)
	start := func(converse func()) {
		g.Go(func() error {
			if ctx.Err() == nil {
				converse()
				r.step()
			}
			return ctx.Err()
		})
	}
	for i := range r.utils {
		start(func() {
			r.utils[i] = r.ask(ctx, func() result { return r.work(ctx, i) })
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if r.silent() {
		return ctx.Err()
	}
	for _, s := range r.series {
		for i := range s.tries {
			start(func() {
				r.put(s, i, r.ask(ctx, func() result { return r.try(ctx, r.app, s.probe, i) }))
			})
		}
		for i := range s.control {
			start(func() { s.control[i] = r.tryTwin(ctx, s.probe, i) })
		}
	}
	return g.Wait()
}

// ask has a conversation with the application. After too many without an
// answer, or where the application itself asks to be left alone, it is given
// up, and there are no more.
func (r *run) ask(ctx context.Context, converse func() result) result {
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	if over != nil {
		return result{skipped: true, err: over}
	}
	res := converse()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case res.err == nil:
		r.silence = 0
	case ctx.Err() == nil:
		if r.silence++; r.over == nil && (r.silence >= maxSilent || llm.IsFinal(res.err)) {
			r.over = res.err
		}
	}
	return res
}

// silent reports whether there was no answer to any harmless task.
func (r *run) silent() bool { return len(r.utils) > 0 && answered(r.utils) == 0 }

// step says that one more conversation is over.
func (r *run) step() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.o.Progress != nil {
		r.o.Progress(r.done, r.total)
	}
}

// record records one finding for every probe.
func (r *run) record(ctx context.Context, rec quintain.Recorder) error {
	for _, s := range r.series {
		f, err := r.conclude(ctx, s, rec)
		if err != nil {
			return err
		}
		if err := rec.Record(f); err != nil {
			return err
		}
	}
	return nil
}
