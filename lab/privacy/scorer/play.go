package scorer

import (
	"context"
	"math"
	"math/rand/v2"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
)

const (
	clients = 30
	days    = 5
	judged  = 3000 // applicants that copies are judged on
)

// calls are what an account asks, day by day.
type calls struct {
	name string
	rows ml.Batch
	day  []int
}

// clientele makes thirty clients. Most ask little and a few a lot, and every
// third serves people who differ from the rest in one habit.
func (b *bureau) clientele(rng *rand.Rand) []calls {
	out := make([]calls, clients)
	for i := range out {
		perDay := int(math.Exp(2 + 4*float64(i)/clients + 0.3*rng.NormFloat64()))
		rows := b.applicants(days*perDay, rng)
		if i%3 == 0 {
			b.shift(rows, rng.IntN(habits))
		}
		out[i] = calls{name: "client", rows: rows}
		for d := range days {
			for range perDay {
				out[i].day = append(out[i].day, d)
			}
		}
	}
	return out
}

// shift moves all rows along a habit.
func (b *bureau) shift(rows ml.Batch, habit int) {
	for i := range rows.X {
		v := float64(rows.X[i])
		odds := math.Log(v / (1 - v))
		rows.X[i] = float32(1 / (1 + math.Exp(-odds-0.6*b.load[i%features][habit]/2)))
	}
}

// strategies are how thieves ask. The learner sees the first three at work.
var strategies = []string{"noise", "marginals", "rows, then marginals", "rows moved a little", "rows crossed with each other", "rows, and as many marginals as the policy bears"}

const seenStrategies = 3

// A thief makes questions from the applicants at hand.
type thief struct {
	own             ml.Batch
	rng             *rand.Rand
	bears           float64 // share of made-up rows that the last strategy dares
	real, synthetic int
}

func (t *thief) pick() []float32 { return t.own.Row(t.rng.IntN(t.own.Rows())) }

func (t *thief) marginals() []float32 {
	x := make([]float32, features)
	for j := range x {
		x[j] = t.pick()[j]
	}
	return x
}

// ask returns question i of a strategy, or nil if there is none left that
// would not be noticed.
func (t *thief) ask(strategy, i int) []float32 {
	x := make([]float32, features)
	switch strategy {
	case 0:
		for j := range x {
			x[j] = t.rng.Float32()
		}
	case 2:
		if i < t.own.Rows() {
			return t.own.Row(i)
		}
		return t.marginals()
	case 3:
		for j, v := range t.pick() {
			x[j] = min(max(v+0.8*(t.rng.Float32()-0.5), 0), 1)
		}
	case 4:
		parents := [2][]float32{t.pick(), t.pick()}
		for j := range x {
			x[j] = parents[t.rng.IntN(2)][j]
		}
	case 5:
		switch {
		case float64(t.synthetic) < t.bears*float64(i), t.real == t.own.Rows() && t.bears >= 1:
			t.synthetic++
			return t.marginals()
		case t.real == t.own.Rows():
			return nil
		}
		t.real++
		return t.own.Row(t.real - 1)
	default:
		return t.marginals()
	}
	return x
}

// thieves makes one account for each strategy, with a thousand calls spread over
// all days. The last knows the policy.
func (b *bureau) thieves(p policy, rng *rand.Rand) []calls {
	own := b.applicants(ownedRows, rng)
	out := make([]calls, len(strategies))
	for s, name := range strategies {
		t := &thief{own: own, rng: rng, bears: 0.8 * p.Share}
		if p.Window == 0 {
			t.bears = 1
		}
		c := calls{name: name, rows: ml.Batch{Dim: features}}
		for i := range quota {
			x := t.ask(s, i)
			if x == nil {
				break
			}
			c.rows.X, c.day = append(c.rows.X, x...), append(c.day, i*days/quota)
		}
		out[s] = c
	}
	return out
}

// A played is what a policy does.
type played struct {
	refused, calls  int
	changed, people int
	thieves         []theft
}

// A theft is how far a thief gets.
type theft struct {
	name     string
	answered int
	agrees   int // of judged
}

// play runs clients and thieves through a policy, all of them made from one
// label of the attempt.
func (b *bureau) play(ctx context.Context, s *lab.Source, label string, p policy, which int) (*played, error) {
	out := &played{}
	for _, c := range b.clientele(s.Rand(label + " clients")) {
		g := b.gate(p)
		for i, d := range c.day {
			out.calls++
			if !g.pass(d, c.rows.Row(i)) {
				out.refused++
			}
		}
	}
	api := b.marked(p)
	fresh := b.applicants(judged, s.Rand(label+" judged"))
	same, err := agree(ctx, b.net, api, fresh)
	if err != nil {
		return nil, err
	}
	out.changed, out.people = judged-same, judged
	for i, c := range b.thieves(p, s.Rand(label+" thieves"))[:which] {
		g := b.gate(p)
		var got ml.Batch
		got.Dim = features
		for i, d := range c.day {
			if g.pass(d, c.rows.Row(i)) {
				got.X = append(got.X, c.rows.Row(i)...)
			}
		}
		t := theft{name: c.name, answered: got.Rows()}
		if t.answered > 0 {
			net, err := b.copied(ctx, api, got, p.answers, s.Seed(label+strategies[i]))
			if err != nil {
				return nil, err
			}
			if t.agrees, err = agree(ctx, net, api, fresh); err != nil {
				return nil, err
			}
		}
		out.thieves = append(out.thieves, t)
	}
	return out, nil
}

// openHouse is the agreement of the thief with rows and marginals where every
// call is answered with scores.
func (b *bureau) openHouse(ctx context.Context, s *lab.Source, label string) (float64, error) {
	api := b.marked(openHouse)
	c := b.thieves(openHouse, s.Rand(label+" thieves"))[2]
	net, err := b.copied(ctx, api, c.rows, openHouse.answers, s.Seed(label+c.name))
	if err != nil {
		return 0, err
	}
	n, err := agree(ctx, net, api, b.applicants(judged, s.Rand(label+" judged")))
	return float64(n) / judged, err
}

// best returns the thief whose copy agrees most.
func (p *played) best() theft {
	var best theft
	for _, t := range p.thieves {
		if t.agrees >= best.agrees {
			best = t
		}
	}
	return best
}

// marked returns the scorer as it answers under a policy.
func (b *bureau) marked(p policy) ml.Oracle { return &marked{b.net, b.mark, p.Mark * b.scale} }

// compile makes a copy ready.
func compile(g *graph.Graph, err error) (*graph.Net, error) {
	if err != nil {
		return nil, err
	}
	return graph.Compile(g, graph.Options{})
}
