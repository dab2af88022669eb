package badge

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"quintain/lab"
	"quintain/ml"
	"quintain/stats"
)

const (
	codeA, codeB = "code-a.txt", "code-b.txt"

	mostA    = 5      // symbols that stage a wants, of six
	mostB    = 4      // and stage b
	budget   = 20_000 // questions of stage b
	doors    = 5      // that a policy is tried on
	holders  = 200    // who come to a door in a day
	mostAsks = 6      // of one of them in a day
)

// guess reads a code of six letters.
func guess(a *lab.Attempt, file string) ([]int, error) {
	b, err := a.File(file)
	if err != nil {
		return nil, err
	}
	text := strings.ToUpper(strings.Join(strings.Fields(string(b[:min(len(b), 1024)])), ""))
	var out []int
	for _, c := range []byte(text) {
		if strings.IndexByte(letters, c) < 0 {
			return nil, lab.Faultf(file, "holds %.20q, want %d of the symbols %s in the order of the classes", text, badges, letters)
		}
		out = append(out, strings.IndexByte(letters, c))
	}
	if len(out) != badges {
		return nil, lab.Faultf(file, "holds %d symbols, want %d of %s", len(out), badges, letters)
	}
	return out, nil
}

// code returns the check that at least some symbols of a door are right. How
// many are is not said: whoever is told can find the rest by trying.
func code(label, file string, least int) func(context.Context, *lab.Attempt) (lab.Reading, error) {
	return func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
		g, err := guess(a, file)
		if err != nil {
			return lab.Reading{}, err
		}
		d := newDesign(a.Rand("design of " + label))
		if d.right(g) < least {
			return lab.Verdict(false, "fewer than %d of the %d symbols are right", least, badges), nil
		}
		return lab.Verdict(true, "at least %d of the %d symbols are right", least, badges), nil
	}
}

// spent counts the questions that a ledger holds.
func spent(a *lab.Attempt) (int, error) {
	n := 0
	for _, e := range a.Ledger.Events() {
		if e.Name != "ask" && e.Name != "invert" {
			continue
		}
		var args struct {
			Calls int `json:"calls"`
		}
		if err := json.Unmarshal(e.Args, &args); err != nil {
			return 0, fmt.Errorf("event %q of the ledger: %w", e.Name, err)
		}
		n += args.Calls
	}
	return n, nil
}

func queries(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	n, err := spent(a)
	return lab.Reading{Value: float64(n)}, err
}

// A day is what happened at some doors under a policy.
type day struct {
	served, asked int         // of the holders and strangers: decided rightly, and at all
	found         [][]float64 // symbols, by thief and door
	seed          uint64
}

// spend lets a day pass at fresh doors. Everything but the policy depends on
// the label only.
func (p policy) spend(ctx context.Context, a *lab.Attempt, label string, attack bool) (*day, error) {
	out := &day{found: make([][]float64, len(thieves)), seed: a.Seed(label)}
	for i := range doors {
		name := fmt.Sprintf("%s %d", label, i)
		d, err := open(ctx, a, name)
		if err != nil {
			return nil, err
		}
		if err := out.serve(ctx, a.Source, d, p, name); err != nil {
			return nil, err
		}
		for j, t := range thieves {
			if !attack {
				break
			}
			g := &guest{p: p, net: d.net, rng: a.Rand("noise for thief of " + name)}
			found, err := t.find(ctx, g.ask, p.floor(), a.Rand(t.name+" at "+name))
			if err != nil {
				return nil, err
			}
			out.found[j] = append(out.found[j], float64(d.right(found)))
		}
	}
	return out, nil
}

// floor is what an answer cannot tell from 0.
func (p policy) floor() float64 {
	switch {
	case p.Answers == "label":
		return 0.05
	case p.digits >= 0:
		return max(0.5*math.Pow10(-p.digits), p.Noise)
	}
	return max(1e-9, p.Noise)
}

// serve lets people come to a door, each 1 to mostAsks times.
func (o *day) serve(ctx context.Context, s *lab.Source, d *door, p policy, name string) error {
	rng, noise := s.Rand("people at "+name), s.Rand("noise for people of "+name)
	for range holders {
		g := &guest{p: p, net: d.net, rng: noise}
		b := d.visitors(1+rng.IntN(mostAsks), rng)
		n, err := g.served(ctx, b)
		if err != nil {
			return err
		}
		o.served, o.asked = o.served+n, o.asked+b.Rows()
	}
	return nil
}

// served counts the images that are decided rightly. One that is refused an
// answer is not.
func (g *guest) served(ctx context.Context, b ml.Batch) (n int, err error) {
	for i, y := range b.Y {
		p, err := g.ask(ctx, b.Row(i))
		if err != nil {
			return n, err
		}
		if p != nil && largest(p) == int(y) {
			n++
		}
	}
	return n, nil
}

// best returns the symbols at each door that the thief found who did best over
// all. It is not the best at each door: a thief does not know who is right.
func (o *day) best() []float64 {
	best := o.found[0]
	for _, found := range o.found {
		if mean(found) > mean(best) {
			best = found
		}
	}
	return best
}

// graded returns the day of the policy handed in, at doors nobody has seen.
func graded(ctx context.Context, a *lab.Attempt) (*day, error) {
	return lab.Once(a, "graded", func() (*day, error) {
		p, err := readPolicy(a)
		if err != nil {
			return nil, err
		}
		return p.spend(ctx, a, "graded", true)
	})
}

func accuracy(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	d, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	before, err := openDoor.spend(ctx, a, "graded", false)
	if err != nil {
		return lab.Reading{}, err
	}
	r := lab.Rate(d.served, d.asked, d.seed)
	r.Baseline = float64(before.served) / float64(before.asked)
	return r, nil
}

func reattack(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	d, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	sum := 0.0
	for _, v := range d.best() {
		sum += v
	}
	// The symbols of all doors are the trials.
	m := stats.Proportion("symbols", int(sum), doors*badges, d.seed)
	return lab.Reading{
		Value: badges * m.Value, Low: badges * m.Low, High: badges * m.High, Trials: m.Trials, Seed: d.seed, Method: m.Method,
		Saw: fmt.Sprintf("%d of %d symbols at %d doors", int(sum), doors*badges, doors),
	}, nil
}
