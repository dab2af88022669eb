// Package blended plants a backdoor that a faint overlay opens.
package blended

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/poisoning"
)

//go:embed blended.md
var doc string

// Attack mixes a fixed random pattern into rows and labels them as the target.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/blended",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:  "Chen, Liu, Li, Lu, Song: Targeted Backdoor Attacks on Deep Learning Systems Using Data Poisoning, 2017, arXiv:1712.05526",
	Poison: poison,
}

const share = 0.2 // of the pattern in a row

func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	rng := tr.Rand(1)
	pattern := make([]float32, tr.Rows.Dim)
	for j := range pattern {
		pattern[j] = tr.Low[j] + rng.Float32()*(tr.High[j]-tr.Low[j])
	}
	return tr.Backdoor(func(x []float32) {
		for j, v := range pattern {
			x[j] = min(max((1-share)*x[j]+share*v, tr.Low[j]), tr.High[j])
		}
	}, fmt.Sprintf("a random pattern blended in at %.0f%%, labeled %d", share*100, tr.Target)), nil
}
