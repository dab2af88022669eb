package dark

import (
	"context"
	"math/rand/v2"

	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// The feedback loop of stage c.
const (
	weeks    = 20
	perWeek  = 250  // rows that readers send back
	first    = 4000 // rows that the first release is trained on
	memory   = 8    // weeks of feedback that a release is trained on, besides those
	fallen   = 0.10 // of the recall of the victim class, two weeks running, is the damage
	loopSlip = 0.03 // of honest feedback that is wrong
	ramp     = 0.06 // of the victim's rows that are skewed more each week
)

// A skew is what a loop is subjected to.
type skew struct {
	from       int // week in which it begins; no skew if not below weeks
	victim, as int32
	season     int32 // class that is more frequent for some weeks
	peak       int   // the middle one of them
}

// A release is the first model of a loop, and the rows that it knows.
type release struct {
	base, check ml.Batch // trained on, and kept for watching
	graph       *graph.Graph
	seed        uint64
}

func newRelease(ctx context.Context, seed uint64) (*release, error) {
	r := rand.New(rand.NewPCG(seed, 0))
	out := &release{base: pictures.Draw(first, r.Uint64()), check: pictures.Draw(rowsTest, r.Uint64()), seed: r.Uint64()}
	var err error
	out.graph, err = pictures.Train(ctx, out.base, out.seed)
	return out, err
}

// A loop is the feedback of all weeks.
type loop struct {
	*release
	skew skew
	week []ml.Batch
	says [][]int // of the first release, on the rows of each week
}

// newLoop makes a loop. A season is in every one: some class is twice as frequent
// for a while, which is no attack.
func newLoop(ctx context.Context, from *release, seed uint64, k skew) (*loop, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	l := &loop{release: from, skew: k}
	for w := range weeks {
		b := feedback(k, w, r.Uint64())
		says, err := pictures.Classify(ctx, l.graph, b)
		if err != nil {
			return nil, err
		}
		for i, y := range b.Y {
			switch {
			case y == k.victim && r.Float64() < ramp*float64(w-k.from+1):
				b.Y[i] = k.as
			case r.Float64() < loopSlip:
				b.Y[i] = int32(r.IntN(pictures.Classes))
			}
		}
		l.week, l.says = append(l.week, b), append(l.says, says)
	}
	return l, nil
}

// feedback returns perWeek pictures. While it is their season, a class has as
// many as there are in a sample of twice the size.
func feedback(k skew, week int, seed uint64) ml.Batch {
	if max(week-k.peak, k.peak-week) > 2 {
		return pictures.Draw(perWeek, seed)
	}
	b := pictures.Draw(2*perWeek, seed)
	var order, rest []int
	for i, y := range b.Y {
		if y == k.season {
			order = append(order, i)
		} else {
			rest = append(rest, i)
		}
	}
	return b.Pick(append(order, rest...)[:perWeek])
}

// drawSkew draws the season of a loop, and the attack on it if there is one.
func drawSkew(seed uint64, attacked bool) skew {
	r := rand.New(rand.NewPCG(seed, 2))
	k := skew{from: 2 * weeks, victim: victims[r.IntN(len(victims))], season: int32(r.IntN(pictures.Classes)), peak: 4 + r.IntN(12)}
	k.as = (k.victim + 1 + int32(r.IntN(pictures.Classes-1))) % pictures.Classes
	if attacked {
		k.from = 3 + r.IntN(4)
	}
	return k
}

// next trains the release of a week: on from the one before, with what was
// sent back lately.
func (l *loop) next(ctx context.Context, g *graph.Graph, week int) (*graph.Graph, error) {
	b := l.base.Clone()
	for _, w := range l.week[max(0, week+1-memory) : week+1] {
		b.X, b.Y = append(b.X, w.X...), append(b.Y, w.Y...)
	}
	return train.Fit(ctx, g, b, train.Options{Epochs: 1, Batch: 32, Rate: 0.001, Seed: l.seed + uint64(week)})
}

// A history is what the releases are worth: the first, then that of each week.
type history struct {
	seen []pictures.Hits // on the rows kept for watching
	lost []float64       // recall of the victim class, on rows that nobody has
	fell int             // week in which that was too much for the second time; weeks if never
}

// serve runs the loop up to the week in which the victim class has fallen, or to
// the end. Judge are the rows that damage is measured on.
func (l *loop) serve(ctx context.Context, judge ml.Batch) (*history, error) {
	h := &history{fell: weeks}
	victim, start := int(l.skew.victim), 0.0
	judge = only(judge, l.skew.victim)
	for g, w := l.graph, -1; w < weeks; w++ {
		var err error
		if w >= 0 {
			if g, err = l.next(ctx, g, w); err != nil {
				return nil, err
			}
		}
		seen, err := pictures.Measure(ctx, g, l.check)
		if err != nil {
			return nil, err
		}
		now, err := pictures.Measure(ctx, g, judge)
		if err != nil {
			return nil, err
		}
		h.seen = append(h.seen, seen)
		if w < 0 {
			start = now.Recall(victim)
			continue
		}
		h.lost = append(h.lost, start-now.Recall(victim))
		if w > 0 && min(h.lost[w-1], h.lost[w]) >= fallen {
			h.fell = w
			break
		}
	}
	return h, nil
}

// only returns the rows of one class.
func only(b ml.Batch, class int32) ml.Batch {
	var rows []int
	for i, y := range b.Y {
		if y == class {
			rows = append(rows, i)
		}
	}
	return b.Pick(rows)
}
