// Package hopskipjump is a search that sees nothing but labels.
package hopskipjump

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"

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

// maxValues is how many numbers the rows that are asked about at once may have:
// as many rows are under way together as that allows.
const maxValues = 1 << 24

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	n, most := tr.Batch.Rows(), cmp.Or(tr.Budget.Queries, defaultQueries)
	out := evasion.Result{Adv: tr.Batch.Clone(), Queries: make([]int, n)}
	rows := make(chan int, n)
	for i := range n {
		rows <- i
	}
	close(rows)
	hall := newHall(tr.Model)
	together := max(1, min(n, maxValues/(crowd*tr.Batch.Dim)))
	var g errgroup.Group
	for range together {
		g.Go(func() error {
			defer hall.leave()
			for i := range rows {
				h := newHopper(tr, hall, i, most)
				found, err := h.hop()
				if err != nil {
					return fmt.Errorf("row %d: %w", i, err)
				}
				out.Queries[i] = h.asked
				if found {
					copy(out.Adv.Row(i), h.x)
				}
			}
			return nil
		})
	}
	hall.serve(ctx, together)
	return out, g.Wait()
}
