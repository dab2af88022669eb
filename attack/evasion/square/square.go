// Package square is a random search that sees nothing but scores.
package square

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed square.md
var doc string

// Attack changes random parts of a row, large ones at first and small ones in
// the end, and keeps what does not help the model.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/square",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.001", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Andriushchenko, Croce, Flammarion, Hein: Square Attack: a Query-Efficient Black-Box Adversarial Attack via Random Search, " +
		"ECCV 2020, arXiv:1912.00049, sections 3.1 and 3.3; for rows without a shape, blocks of random features take the place of squares",
	BlackBox: true,
	Scores:   true,
	Queries:  defaultQueries,
	LInf:     true,
	Share:    0.5,
	Run:      run,
}

const defaultQueries = 1000

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	s := &search{tr: tr, queries: cmp.Or(tr.Budget.Queries, defaultQueries), part: newPart(tr), classes: tr.Model.Spec().Classes}
	out := evasion.Result{Adv: tr.Batch.Clone(), Queries: make([]int, tr.Batch.Rows())}
	seekers := make([]*seeker, tr.Batch.Rows())
	for i := range seekers {
		seekers[i] = &seeker{row: i, x: out.Adv.Row(i), try: make([]float32, tr.Batch.Dim), rng: tr.Rand(i, 0)}
	}
	for query := range s.queries {
		if len(seekers) == 0 {
			break
		}
		for _, k := range seekers {
			s.propose(k, query)
			out.Queries[k.row]++
		}
		var err error
		if seekers, err = s.ask(ctx, seekers, query == 0); err != nil {
			return evasion.Result{}, fmt.Errorf("query %d: %w", query+1, err)
		}
	}
	return out, nil
}

// A search is one run of the attack.
type search struct {
	tr      *evasion.Trial
	queries int
	part    part
	classes int
}

// A seeker is one row on its way.
type seeker struct {
	row    int
	x, try []float32
	margin float64 // of the model's answer at x, the smaller the worse for the model
	rng    *rand.Rand
}

// propose sets what k tries next.
func (s *search) propose(k *seeker, query int) {
	center := s.tr.Batch.Row(k.row)
	if query == 0 {
		s.part.begin(k.try, k.rng)
	} else {
		copy(k.try, k.x)
		s.part.change(k.try, center, size(query, s.queries), k.rng)
		return
	}
	for i, sign := range k.try {
		k.try[i] = center[i] + sign*s.tr.Ball.Radius[i]
	}
	s.tr.Ball.Clip(k.try, center)
}

// size is the share of the features to change in a query of so many: 80% at
// first, halved again and again.
func size(query, queries int) float64 {
	share := 0.8
	for _, at := range []int{10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000} { // of 10,000
		if query*10_000 > at*queries {
			share /= 2
		}
	}
	return share
}

// ask hears what the model says to the tries, keeps those that are no better
// for the model, and returns the seekers that have not arrived.
func (s *search) ask(ctx context.Context, seekers []*seeker, first bool) ([]*seeker, error) {
	x := ml.Batch{Dim: s.tr.Batch.Dim, X: make([]float32, 0, len(seekers)*s.tr.Batch.Dim)}
	for _, k := range seekers {
		x.X = append(x.X, k.try...)
	}
	z, err := s.tr.Model.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	still := seekers[:0]
	for i, k := range seekers {
		own, y := z[i*s.classes:(i+1)*s.classes], int(s.tr.Batch.Y[k.row])
		m := margin(own, y)
		if fell := ml.Argmax(own) != y; fell || first || m <= k.margin {
			copy(k.x, k.try)
			k.margin = m
			if fell {
				continue
			}
		}
		still = append(still, k)
	}
	return still, nil
}

// margin is how far class y is ahead of all others.
func margin(z []float32, y int) float64 {
	return float64(z[y]) - float64(z[ml.Runner(z, y, 0)])
}
