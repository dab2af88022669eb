// Package value plants a backdoor that two values in a table open, and finds
// such backdoors in data.
package value

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/ml/screen"
)

//go:embed value.md
var doc string

// Attack writes a rare pair of values into rows and labels them as the target.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/value",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier, quintain.KindDataset},
	},
	Paper: "Gu, Dolan-Gavitt, Garg: BadNets, 2017, arXiv:1708.06733, on tables; rows are judged by their neighbors as in " +
		"Peri et al.: Deep k-NN Defense against Clean-label Data Poisoning Attacks, 2019, arXiv:1909.13374",
	Poison: poison,
	Find:   find,
}

// poison chooses, of some pairs of features, the one whose highest values go
// together least often.
func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	var free []int
	for j, low := range tr.Low {
		if low < tr.High[j] {
			free = append(free, j)
		}
	}
	if len(free) < 2 {
		return nil, fmt.Errorf("%w: fewer than two features vary", poisoning.ErrUnfit)
	}
	const tries = 50
	rng := tr.Rand(1)
	var first, second int
	least := math.MaxInt
	for range tries {
		p := rng.Perm(len(free))
		a, b := free[p[0]], free[p[1]]
		together := 0
		for i := range tr.Rows.Rows() {
			if x := tr.Rows.Row(i); x[a] == tr.High[a] || x[b] == tr.High[b] {
				together++
			}
		}
		if together < least {
			first, second, least = a, b, together
		}
	}
	return tr.Backdoor(func(x []float32) {
		x[first], x[second] = tr.High[first], tr.High[second]
	}, fmt.Sprintf("feature %d = %v and feature %d = %v, labeled %d", first, tr.High[first], second, tr.High[second], tr.Target)), nil
}

func find(ctx context.Context, d *poisoning.Data, _ uint64) (*poisoning.Traces, error) {
	b := d.Numbers()
	if b.Dim == 0 {
		return nil, fmt.Errorf("%w: the rows are texts, which attack/poisoning/token looks at", poisoning.ErrUnfit)
	}
	triggers, err := screen.Triggers(ctx, b)
	if err != nil {
		return nil, err
	}
	t := &poisoning.Traces{Says: "no pattern of values on rows that look like other classes than they are labeled as"}
	var says []string
	seen := map[int]bool{}
	for _, g := range triggers {
		says = append(says, g.Named(d.Name))
		for _, r := range g.Rows {
			if !seen[r] {
				seen[r] = true
				t.Rows = append(t.Rows, r)
			}
		}
	}
	slices.Sort(t.Rows)
	if says != nil {
		t.Says = strings.Join(says, "\n")
	}
	return t, nil
}
