// Package beam looks for the fewest edits of a table row that a constraint file
// allows.
package beam

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
)

//go:embed beam.md
var doc string

// Attack tries every edit, keeps the best rows, and edits them again.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/beam",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.001", "AML.T0043.003", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Simonetto, Dyrmishi, Ghamizi, Cordy, Le Traon: A Unified Framework for Adversarial Attack and Defense in Constrained Feature Space, IJCAI 2022, arXiv:2112.01156, " +
		"whose evolutionary search is here a beam search by number of edits",
	BlackBox: true,
	Ruled:    true,
	Edits:    defaultEdits,
	Queries:  defaultQueries,
	Share:    0.01,
	Run:      run,
}

const (
	defaultQueries = 20_000
	defaultEdits   = 3
	width          = 24 // rows kept after each edit
	grid           = 16 // values of a feature to try
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	out := evasion.Result{Adv: tr.Batch.Clone(), Queries: make([]int, tr.Batch.Rows())}
	for i := range tr.Batch.Rows() {
		s := &search{tr: tr, center: tr.Batch.Row(i), y: int(tr.Batch.Y[i]), left: cmp.Or(tr.Budget.Queries, defaultQueries)}
		best, err := s.run(ctx)
		if err != nil {
			return out, fmt.Errorf("row %d: %w", i, err)
		}
		out.Queries[i] = s.asked
		if best != nil {
			copy(out.Adv.Row(i), best)
		}
	}
	return out, nil
}

// A search is for one row.
type search struct {
	tr          *evasion.Trial
	center      []float32
	y           int
	asked, left int
}

// A state is a row on the way, with the lead that its class has in it.
type state struct {
	x    []float32
	lead float64
	cost float64
}

// run returns the cheapest misclassified row with the fewest edits found, or
// nil.
func (s *search) run(ctx context.Context) ([]float32, error) {
	beam := []state{{x: s.center}}
	seen := map[string]bool{key(s.center): true}
	for range cmp.Or(s.tr.Budget.Steps, defaultEdits) {
		next, found, err := s.spread(ctx, beam, seen)
		if err != nil || found != nil || len(next) == 0 {
			return found, err
		}
		slices.SortStableFunc(next, func(a, b state) int { return cmp.Or(cmp.Compare(a.lead, b.lead), cmp.Compare(a.cost, b.cost)) })
		beam = next[:min(width, len(next))]
	}
	return nil, nil
}

// key is the same for equal rows and no others.
func key(x []float32) string {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return string(b)
}

// spread edits every row of the beam in every way. It returns the valid rows
// that are new, and the cheapest that is misclassified.
func (s *search) spread(ctx context.Context, beam []state, seen map[string]bool) (next []state, found []float32, err error) {
	b := ml.Batch{Dim: len(s.center)}
	for _, st := range beam {
		for _, x := range s.tr.Rules.Moves(st.x, s.center, grid) {
			k := key(x)
			if seen[k] || len(next) >= s.left {
				continue
			}
			seen[k] = true
			_, cost := s.tr.Rules.Edits(x, s.center)
			next = append(next, state{x: x, cost: cost})
			b.X = append(b.X, x...)
		}
	}
	if len(next) == 0 {
		return nil, nil, nil
	}
	s.asked, s.left = s.asked+len(next), s.left-len(next)
	z, err := s.tr.Model.Predict(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	k, cheapest := s.tr.Model.Spec().Classes, -1.0
	for i := range next {
		own := z[i*k : (i+1)*k]
		next[i].lead = float64(own[s.y]) - float64(own[ml.Runner(own, s.y, 0)])
		if ml.Argmax(own) != s.y && (cheapest < 0 || next[i].cost < cheapest) && s.tr.Rules.Valid(next[i].x, s.center) == nil {
			found, cheapest = next[i].x, next[i].cost
		}
	}
	return next, found, nil
}
