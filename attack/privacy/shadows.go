package privacy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"quintain/attack/privacy/score"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

// maxGap is by how much the accuracy of shadow models may differ from that of
// the target before they are no likeness.
const maxGap = 0.02

// shadows are models trained like the target on part of the pool.
type shadows struct {
	score.Shadows
	right [][]bool

	trained, unseen float64 // their mean accuracy on rows they were trained on, and on others
}

// A fit trains one model.
type fit func(ctx context.Context, b ml.Batch, seed uint64) (*graph.Net, error)

// trainShadows makes n shadow models. Each row of the pool is in the same number
// of training sets, as near as can be to the share of them that the target was
// trained on. Rows of spare are added until there are as many as the target had.
func trainShadows(ctx context.Context, f fit, pool, spare ml.Batch, share float64, n int, seed uint64) (*shadows, error) {
	s := &shadows{right: make([][]bool, n)}
	s.Odds, s.In = make([][]float64, n), make([][]bool, n)
	rng := rand.New(rand.NewPCG(seed, 1))
	for j := range s.In {
		s.In[j] = make([]bool, pool.Rows())
	}
	keep := min(max(int(math.Round(min(max(share, 0.25), 0.75)*float64(n))), 1), n-1)
	for i := range pool.Rows() {
		for _, j := range rng.Perm(n)[:keep] {
			s.In[j][i] = true
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for j := range n {
		g.Go(func() error {
			var rows []int
			for i, in := range s.In[j] {
				if in {
					rows = append(rows, i)
				}
			}
			b := pool.Pick(rows)
			more := rand.New(rand.NewPCG(seed, uint64(j)+10)).Perm(len(spare.Y))
			more = more[:min(len(more), max(0, len(more)+int(share*float64(pool.Rows()))-len(rows)))]
			extra := spare.Pick(more)
			b.X, b.Y = append(b.X, extra.X...), append(b.Y, extra.Y...)
			net, err := f(ctx, b, seed+uint64(j)+1)
			if err != nil {
				return fmt.Errorf("train shadow model %d: %w", j+1, err)
			}
			s.Odds[j], s.right[j], err = ask(ctx, net, pool)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	s.trained, s.unseen = s.accuracy(true), s.accuracy(false)
	return s, nil
}

func (s *shadows) accuracy(in bool) float64 {
	var hits, n float64
	for j := range s.In {
		for i := range s.In[j] {
			if s.In[j][i] == in {
				n++
				if s.right[j][i] {
					hits++
				}
			}
		}
	}
	return hits / n
}

// company trains the shadow models of s when first asked.
func (e *engine) company(ctx context.Context, s *subject) error {
	if s.shadows != nil {
		return nil
	}
	f, err := s.fitter(e.o)
	if err != nil {
		return not("the attack needs shadow models: %w", err)
	}
	share := float64(count(s.in)) / float64(len(s.in))
	s.shadows, err = trainShadows(ctx, f, s.pool, s.spare, share, e.o.Shadows, e.o.Seed)
	if errors.Is(err, train.ErrDiverged) {
		return not("the attack needs shadow models: %w; give the rate the target was trained with", err)
	}
	return err
}

// likeness says how the accuracies of target and shadows compare, and whether
// they are too far apart.
func (s *subject) likeness() (says string, unlike bool) {
	var hits, n [2]float64
	for i, in := range s.in {
		k := 0
		if in {
			k = 1
		}
		n[k]++
		if s.right[i] {
			hits[k]++
		}
	}
	unseen, trained := hits[0]/n[0], hits[1]/n[1]
	says = fmt.Sprintf("%d shadow models are right on %s of rows they were trained on and %s of others; the target on %s and %s",
		s.shadows.Models(), percent(s.shadows.trained), percent(s.shadows.unseen), percent(trained), percent(unseen))
	unlike = math.Abs(unseen-s.shadows.unseen) > maxGap || math.Abs(trained-s.shadows.trained) > maxGap
	return says, unlike
}

// shift measures whether models that saw neither tell the target's members from
// the others. If so, the two are different populations, and an attack that finds
// the difference has found nothing about the target.
func (s *subject) shift() (area float64, differ bool) {
	var in, out []float64
	for i, v := range s.shadows.Out() {
		switch {
		case math.IsNaN(v):
		case s.in[i]:
			in = append(in, v)
		default:
			out = append(out, v)
		}
	}
	r, err := stats.NewROC(in, out)
	if err != nil {
		return 0.5, false
	}
	m := r.AUCMeasure("members against others under models that saw neither", 0)
	return m.Value, m.Low > 0.5 || m.High < 0.5
}
