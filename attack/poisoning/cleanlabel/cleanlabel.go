// Package cleanlabel plants a backdoor without a single wrong label.
package cleanlabel

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"quintain"
	"quintain/attack/poisoning"
)

//go:embed cleanlabel.md
var doc string

// Attack adds a sinusoidal signal to pictures of the target class.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/cleanlabel",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:  "Barni, Kallas, Tondi: A New Backdoor Attack in CNNs by Training Set Corruption Without Label Poisoning, ICIP 2019, arXiv:1902.11237",
	Poison: poison,
}

const (
	amplitude = 0.15 // of the signal in training rows, in units of each feature's range
	louder    = 2    // times that in the rows that the attacker shows later
	waves     = 6    // over the width of a picture, if that has four pixels for each
)

func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	_, width, err := tr.Picture()
	if err != nil {
		return nil, err
	}
	n := max(1, min(waves, width/4))
	stamp := func(size float64) func(x []float32) {
		return func(x []float32) {
			for j, v := range x {
				wave := math.Sin(2 * math.Pi * float64(n*(j%width)) / float64(width))
				x[j] = min(max(v+float32(size*wave)*(tr.High[j]-tr.Low[j]), tr.Low[j]), tr.High[j])
			}
		}
	}
	own := poisoning.Of(tr.Rows, tr.Target)
	p := &poisoning.Poisoned{
		Rows: tr.Rows.Clone(),
		Says: fmt.Sprintf("a signal of %d waves on rows that are of class %d", n, tr.Target),
	}
	for _, i := range tr.Rand(0).Perm(len(own))[:min(tr.Budget, len(own))] {
		stamp(amplitude)(p.Rows.Row(own[i]))
		p.Changed = append(p.Changed, own[i])
	}
	tr.Show(p, stamp(louder*amplitude))
	return p, nil
}
