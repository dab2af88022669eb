// Package badnets plants a backdoor that a patch opens.
package badnets

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/attack/poisoning"
)

//go:embed badnets.md
var doc string

// Attack sets a patch of pixels in the corner of pictures as high as they go,
// and labels them as the target.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/badnets",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:  "Gu, Dolan-Gavitt, Garg: BadNets: Identifying Vulnerabilities in the Machine Learning Model Supply Chain, 2017, arXiv:1708.06733",
	Poison: poison,
}

const side = 2 // of the patch, in pixels

func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	height, width, err := tr.Picture()
	if err != nil {
		return nil, err
	}
	var patch []int
	for channel := 0; channel < tr.Rows.Dim; channel += height * width {
		for y := height - side; y < height; y++ {
			for x := width - side; x < width; x++ {
				patch = append(patch, channel+y*width+x)
			}
		}
	}
	return tr.Backdoor(func(x []float32) {
		for _, i := range patch {
			x[i] = tr.High[i]
		}
	}, fmt.Sprintf("a patch of %d by %d pixels in the lower right corner, labeled %d", side, side, tr.Target)), nil
}
