// Package witchesbrew makes a model misread one row by faint changes of
// rightly labeled ones.
package witchesbrew

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/poisoning"
)

//go:embed witchesbrew.md
var doc string

// Attack changes rows of the class that the attacker is after so that training
// on them does what training on the wrongly labeled row would do.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/witchesbrew",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0043.000", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Geiping, Fowl, Huang, Czaja, Taylor, Moeller, Goldstein: Witches' Brew: Industrial Scale Data Poisoning via " +
		"Gradient Matching, ICLR 2021, arXiv:2009.02276; rows are chosen as in Souri et al.: Sleeper Agent, NeurIPS 2022, arXiv:2106.08970",
	Poison: poison,
	Cases:  20,
}

const (
	brewers  = 4 // surrogates whose gradients are matched together
	restarts = 2
	steps    = 120
)

func poison(ctx context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	own := poisoning.Of(tr.Rows, tr.Target)
	if len(own) == 0 {
		return nil, fmt.Errorf("%w: no row has label %d", poisoning.ErrUnfit, tr.Target)
	}
	b, err := newBrew(ctx, tr)
	if err != nil {
		return nil, err
	}
	victim, err := b.victim(ctx)
	if err != nil {
		return nil, err
	}
	p := &poisoning.Poisoned{
		Rows: tr.Rows.Clone(), Probe: tr.Test.Pick([]int{victim}), Want: []int32{tr.Target},
		Says: fmt.Sprintf("rows of class %d moved by at most %.1f%% of the range of a feature, to have test row %d, of class %d, taken for one of them",
			tr.Target, 100*tr.Eps, victim+1, tr.Test.Y[victim]),
	}
	if err := b.aim(ctx, p.Probe); err != nil {
		return nil, err
	}
	if p.Changed, err = b.choose(ctx, own, tr.Budget); err != nil {
		return nil, err
	}
	best := -2. // less than any cosine
	for i := range restarts {
		x, match, err := b.run(ctx, p.Changed, tr.Rand(uint64(1+restarts*tr.Case+i)))
		if err != nil {
			return nil, err
		}
		if match > best {
			best = match
			for k, r := range p.Changed {
				copy(p.Rows.Row(r), x.Row(k))
			}
		}
	}
	return p, nil
}
