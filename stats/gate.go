package stats

import "math"

// A Decision is what a [Gate] has concluded so far.
type Decision int

// The decisions.
const (
	Undecided Decision = iota // the trials so far do not tell
	Below                     // the rate is below the limit
	Above                     // the rate is not below the limit
)

// String returns the decision in lower case.
func (d Decision) String() string {
	return [...]string{"undecided", "below", "above"}[max(0, min(d, Above))]
}

// A Gate decides whether a rate is below a limit, one trial at a time, as soon
// as the evidence allows. It may be asked after every trial: the probability to
// ever decide wrongly is at most alpha, however long one goes on.
//
// It works by betting. A gambler who believes in a rate q stakes all they have
// on every trial, at the odds that are fair if the rate is the limit: a hit
// multiplies their capital by q/limit, a miss by (1-q)/(1-limit). If the rate is
// at the limit or on the far side of it from q, nobody gains on average, and the
// chance that a starting capital of 1 ever grows to 1/alpha is at most alpha
// (Ville). One group of gamblers believes in rates below the limit, another in
// rates above, and the gate believes the first group that gets there.
//
// A Gate is not for concurrent use.
type Gate struct {
	goal         float64 // the capital that decides; 0 if none can
	below, above []gambler
	n            int
	decision     Decision
}

// A gambler has a capital, and what a trial multiplies it by.
type gambler struct{ capital, onHit, onMiss float64 }

// gamblers is their number in each group.
const gamblers = 16

// NewGate returns a gate for the claim that a rate is below limit, with the
// probability alpha of a wrong decision. Both must be in (0, 1); a gate with
// anything else stays undecided.
func NewGate(limit, alpha float64) *Gate {
	g := new(Gate)
	if !(limit > 0 && limit < 1 && alpha > 0 && alpha < 1) {
		return g
	}
	g.goal = 1 / alpha
	bet := func(q float64) gambler { return gambler{1. / gamblers, q / limit, (1 - q) / (1 - limit)} }
	for i := range gamblers {
		share := float64(i) / gamblers
		g.below = append(g.below, bet(limit*share*share))      // from 0, where they are closest
		g.above = append(g.above, bet(math.Pow(limit, share))) // from 1, each the same ratio on
	}
	return g
}

// Observe counts one trial. After the decision it changes nothing.
func (g *Gate) Observe(hit bool) {
	if g.goal == 0 || g.decision != Undecided {
		return
	}
	g.n++
	switch {
	case play(g.below, hit) >= g.goal:
		g.decision = Below
	case play(g.above, hit) >= g.goal:
		g.decision = Above
	}
}

// play settles one bet of everybody and returns what they have together.
func play(group []gambler, hit bool) float64 {
	sum := 0.0
	for i := range group {
		b := &group[i]
		if hit {
			b.capital *= b.onHit
		} else {
			b.capital *= b.onMiss
		}
		sum += b.capital
	}
	return sum
}

// Decided returns the decision; once made it stays.
func (g *Gate) Decided() Decision { return g.decision }

// N returns the number of trials that were counted.
func (g *Gate) N() int { return g.n }
