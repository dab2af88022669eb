package probe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
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
	hit     bool         // the attacker, or the harmless task, got what was wanted
	event   ledger.Event // that shows it
	log     *ledger.Ledger
	err     error // why there is no answer to judge; nil with a hit
}

func (r *result) answered() bool { return r.log != nil && r.err == nil }

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
	if res.log != nil {
		if res.event, res.hit = p.Reached(res.log, a); res.hit {
			res.err = nil
		}
	}
	return res
}

// work asks for harmless task i.
func (r *run) work(ctx context.Context, i int) result {
	res := converse(ctx, r.app, setup(source(r.o.Seed, "task", i)), r.tasks[i].Ask)
	res.hit = res.answered() && r.tasks[i].Done(res.log)
	return res
}

// converse starts a conversation and says one thing.
func converse(ctx context.Context, app App, s Setup, ask string) result {
	session, err := app.Start(ctx, s)
	if err != nil {
		return result{err: fmt.Errorf("start a conversation: %w", err)}
	}
	_, err = session.Say(ctx, ask)
	return result{log: session.Ledger(), err: err}
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
