// Package hopskipjump is a search that sees nothing but labels.
package hopskipjump

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"quintain"
	"quintain/attack/evasion"
)

//go:embed hopskipjump.md
var doc string

// Attack starts at a row of another class anywhere in the box, and goes along
// the boundary toward the row to be turned.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/hopskipjump",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.001", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Chen, Jordan, Wainwright: HopSkipJumpAttack: A Query-Efficient Decision-Based Attack, IEEE S&P 2020, arXiv:1904.02144, " +
		"algorithm 2 for the L-infinity distance",
	BlackBox: true,
	Queries:  defaultQueries,
	LInf:     true,
	Share:    0.5,
	Run:      run,
}

const defaultQueries = 1000

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	out := evasion.Result{Adv: tr.Batch.Clone(), Queries: make([]int, tr.Batch.Rows())}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tr.Batch.Rows() {
		g.Go(func() error {
			h := newHopper(tr, i, cmp.Or(tr.Budget.Queries, defaultQueries))
			found, err := h.hop(ctx)
			if err != nil {
				return fmt.Errorf("row %d: %w", i, err)
			}
			out.Queries[i] = h.asked
			if found {
				copy(out.Adv.Row(i), h.x)
			}
			return nil
		})
	}
	return out, g.Wait()
}
