package evasion

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/stats"
)

// A twin is a linear classifier of the same features that is as weak as a
// linear classifier can be: all its weights have the same size in units of the
// feature's range. What falls is known on paper: a row falls if and only if
// its margin is smaller than what all features together can move it by.
type twin struct {
	w     []float32
	b     float32
	batch ml.Batch // rows labeled as the twin classifies them
	must  []bool   // the rows that fall
}

// newTwin makes a twin whose boundary runs through the middle of the rows of b.
// Rows so close to a tie that rounding decides are left out.
func newTwin(b ml.Batch, ball Ball, scale []float32, seed uint64) *twin {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &twin{w: make([]float32, b.Dim)}
	for i, s := range scale {
		if s > 0 {
			t.w[i] = float32(2*rng.IntN(2)-1) / s
		}
	}
	scores := make([]float64, b.Rows())
	for r := range scores {
		scores[r], _ = t.score(b.Row(r))
	}
	sorted := slices.Sorted(slices.Values(scores))
	t.b = float32(-(sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2)
	var keep []int
	var labels []int32
	for r := range scores {
		s, size := t.score(b.Row(r))
		margin, reach := math.Abs(s), t.reach(b.Row(r), ball, s > 0)
		slack := 1e-5*size + 1e-3*reach
		if margin <= slack || math.Abs(margin-reach) <= slack {
			continue
		}
		keep, t.must = append(keep, r), append(t.must, reach > margin)
		if s > 0 {
			labels = append(labels, 1)
		} else {
			labels = append(labels, 0)
		}
	}
	b.Y = nil
	t.batch = b.Pick(keep)
	t.batch.Y = labels
	return t
}

// labeled returns b as the twin classifies it.
func (t *twin) labeled(b ml.Batch) ml.Batch {
	b.Y = make([]int32, b.Rows())
	for r := range b.Y {
		if s, _ := t.score(b.Row(r)); s > 0 {
			b.Y[r] = 1
		}
	}
	return b
}

// score returns the log odds of class 1, and the sum of the sizes of what is
// summed.
func (t *twin) score(x []float32) (s, size float64) {
	s, size = float64(t.b), math.Abs(float64(t.b))
	for i, v := range x {
		p := float64(t.w[i]) * float64(v)
		s, size = s+p, size+math.Abs(p)
	}
	return s, size
}

// reach returns by how much the score of x can be moved down, or up.
func (t *twin) reach(x []float32, ball Ball, down bool) float64 {
	if ball.Norm == L2 {
		w := slices.Clone(t.w)
		for i := range w {
			if down {
				w[i] = -w[i]
			}
		}
		return ball.gain(x, w)
	}
	var sum float64
	for i, v := range x {
		room := math.Min(float64(ball.Radius[i]), float64(v)-float64(ball.Low[i]))
		if (t.w[i] < 0) == down {
			room = math.Min(float64(ball.Radius[i]), float64(ball.High[i])-float64(v))
		}
		sum += math.Abs(float64(t.w[i])) * room
	}
	return sum
}

// share is how many of the rows that can fall the attack must turn; 0 is exactly
// all. A cascade is as good as its best part.
func (a *Attack) share(s *subject) float64 {
	if a.Run != nil {
		return a.Share
	}
	best := 0.0
	for _, p := range a.suited(s) {
		if p.Share == 0 {
			return 0
		}
		best = max(best, p.Share)
	}
	return best
}

// control mounts the attack of c on a weak twin. If it does not turn exactly
// the rows that must fall, or for a search its share of them and no others,
// or none must, there is no control, and doubt says so.
func (e *engine) control(ctx context.Context, c *campaign) (ctl *quintain.Control, doubt string, err error) {
	t := newTwin(c.batch, c.ball, c.scale, e.o.Seed)
	must := count(t.must)
	if must == 0 {
		return nil, "no positive control: none of the rows of the linear twin can fall within the budget", nil
	}
	g := graph.Linear([][]float32{t.w}, []float32{t.b})
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("compile the weak twin: %w", err)
	}
	tr := c.trial
	tr.Model, tr.Batch, tr.Rows = net, t.batch, nil
	if c.attack.Halves {
		tr.Own, tr.Like = t.labeled(c.own), g
	}
	if c.runner != nil {
		r, err := e.o.Engine(net)
		if err != nil {
			return nil, "", fmt.Errorf("run the weak twin: %w", err)
		}
		defer r.Close()
		tr.Model = r
	}
	_, fell, err := c.attack.mount(ctx, c.subject, &tr)
	if err != nil {
		return nil, "", fmt.Errorf("attack the weak twin: %w", err)
	}
	hits, summary := count(fell), "%d of %d rows of a linear twin with weights of equal size fell, exactly those that fall on paper"
	if share := c.attack.share(c.subject); share > 0 && t.allows(fell) && float64(hits) >= share*float64(must) {
		summary = fmt.Sprintf("%%d of %%d rows of a linear twin with weights of equal size fell; on paper %d can", must)
	} else if !slices.Equal(fell, t.must) {
		return nil, fmt.Sprintf("no positive control: on the linear twin the attack turned %d rows, not exactly the %d that fall on paper", hits, must), nil
	}
	m := stats.Proportion("attack success rate", hits, len(fell), e.o.Seed)
	return &quintain.Control{
		Target: quintain.Target{
			Kind: quintain.KindClassifier, Ref: "linear twin",
			Digest: quintain.DigestOf(fmt.Appendf(nil, "%v %v", t.w, t.b)),
		},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf(summary, hits, len(fell)),
		Measure: &m,
	}, "", nil
}

// allows reports whether only rows fell that can.
func (t *twin) allows(fell []bool) bool {
	for i, f := range fell {
		if f && !t.must[i] {
			return false
		}
	}
	return true
}
