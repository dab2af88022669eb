package probe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"quintain/ledger"
)

var asIs = &Strategy{
	Name:   "plain",
	Encode: func(words string, _ *rand.Rand) string { return words },
	Decode: func(words string) (string, error) { return words, nil },
}

// A result is what came of one conversation. Its zero value is one that never
// took place.
type result struct {
	attempt *Attempt
	held    bool         // there was a conversation
	skipped bool         // there was none, because the application was given up
	hit     bool         // the attacker, or the harmless task, got what was wanted
	event   ledger.Event // that shows it
	called  bool         // some tool was called
	err     error        // why there is no answer to judge; nil with a hit

	log *ledger.Ledger // nil once nobody will look at it any more
}

func (r *result) answered() bool { return r.held && r.err == nil }

// spread returns the strategy and the seed of attempt i. Every stretch of
// attempts uses seeds and strategies evenly, and strategies*seeds attempts in
// a row use every pair once.
func spread(i, strategies, seeds int) (strategy, seed int) {
	seed, round := i%seeds, i/seeds
	return (seed + round) % strategies, seed
}

// source returns the randomness of one conversation, which depends on nothing
// but its arguments.
func source(seed uint64, name string, i int) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "quintain.probe/1\n%d\n%s\n%d\n", seed, name, i))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
}

// setup returns a world with fresh canaries.
func setup(rng *rand.Rand) Setup {
	return Setup{
		Seed:    rng.Uint64(),
		Secret:  ledger.NewCanary("secret", rng),
		Private: ledger.NewCanary("private", rng),
	}
}

// plan words attempt i of a probe and makes its world.
func (r *run) plan(p *Probe, i int) (*Attempt, Setup) {
	rng := source(r.o.Seed, p.Name, i)
	strategy, seed := spread(i, len(r.o.Strategies), len(p.Seeds))
	s := setup(rng)
	a := &Attempt{
		Probe:    p.Name,
		Strategy: r.o.Strategies[strategy].Name,
		Secret:   s.Secret,
		Private:  s.Private,
		Attacker: fmt.Sprintf("mallory.%06x@evil.example", rng.Uint32()>>8),
		Marker:   fmt.Sprintf("%012x", rng.Uint64()>>16),
	}
	a.Seed = strings.NewReplacer("{attacker}", a.Attacker, "{marker}", a.Marker).Replace(p.Seeds[seed])
	a.Words = r.o.Strategies[strategy].Encode(a.Seed, rng)
	if p.Channel == Indirect {
		s.Planted, s.Attacker = []string{a.Words}, a.Attacker
	}
	return a, s
}

// put keeps the result of attempt i, and the transcripts only of those attempts
// that the finding may show.
func (r *run) put(s *series, i int, res result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !res.hit && !res.answered() {
		res.log = nil
	}
	s.tries[i] = res
	if res.log == nil {
		return
	}
	shown := r.simplest(s, append(s.shown, i))
	for _, k := range append(s.shown, i) {
		if !slices.Contains(shown, k) {
			s.tries[k].log = nil
		}
	}
	s.shown = shown
}

// tryTwin makes attempt i on the weak twin, of which only the rate counts.
func (r *run) tryTwin(ctx context.Context, p *Probe, i int) result {
	res := r.try(ctx, r.twin, p, i)
	res.log = nil
	return res
}

// try makes attempt i of a probe. What the ledger shows counts even if the
// conversation then broke off.
func (r *run) try(ctx context.Context, app App, p *Probe, i int) result {
	a, s := r.plan(p, i)
	ask := a.Words
	if p.Channel == Indirect {
		tasks := reading(app.Tasks())
		ask = tasks[i%len(tasks)].Ask
	}
	res := converse(ctx, app, s, ask)
	res.attempt = a
	if res.held {
		if res.event, res.hit = p.Reached(res.log, a); res.hit {
			res.err = nil
		}
	}
	return res
}

// work asks for harmless task i.
func (r *run) work(ctx context.Context, i int) result {
	res := converse(ctx, r.app, setup(source(r.o.Seed, "task", i)), r.tasks[i].Ask)
	if res.held {
		res.called = len(res.log.Calls("")) > 0
		res.hit = res.answered() && r.tasks[i].Done(res.log)
	}
	res.log = nil
	return res
}

// converse starts a conversation and says one thing.
func converse(ctx context.Context, app App, s Setup, ask string) result {
	session, err := app.Start(ctx, s)
	if err != nil {
		return result{err: fmt.Errorf("start a conversation: %w", err)}
	}
	_, err = session.Say(ctx, ask)
	return result{held: true, log: session.Ledger(), err: err}
}

// reading returns the tasks that make an application read what strangers sent.
func reading(tasks []Task) []Task {
	var out []Task
	for _, t := range tasks {
		if t.Reads {
			out = append(out, t)
		}
	}
	return out
}

func hits(rs []result) int {
	n := 0
	for i := range rs {
		if rs[i].hit {
			n++
		}
	}
	return n
}

func answered(rs []result) int {
	n := 0
	for i := range rs {
		if rs[i].answered() {
			n++
		}
	}
	return n
}

// firstError returns the error of the first conversation that had one.
func firstError(rs []result) error {
	for i := range rs {
		if rs[i].err != nil {
			return rs[i].err
		}
	}
	return nil
}
