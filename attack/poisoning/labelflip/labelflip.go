// Package labelflip makes a model forget a class by wrong labels, and finds
// wrong labels in data.
package labelflip

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/screen"
	"quintain/ml/train"
)

//go:embed labelflip.md
var doc string

// Attack labels rows of the target class as another one.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/labelflip",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0059", "AML.T0031", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier, quintain.KindDataset},
	},
	Paper: "Biggio, Nelson, Laskov: Support Vector Machines Under Adversarial Label Noise, ACML 2011; found by " +
		"Northcutt, Jiang, Chuang: Confident Learning, JAIR 2021, arXiv:1911.00068",
	Poison:    poison,
	Find:      find,
	Tolerated: 0.03,
}

func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	victims := poisoning.Of(tr.Rows, tr.Target)
	if len(victims) == 0 || tr.Classes < 2 {
		return nil, fmt.Errorf("%w: no row has label %d", poisoning.ErrUnfit, tr.Target)
	}
	wrong := (tr.Target + 1) % int32(tr.Classes)
	p := &poisoning.Poisoned{
		Rows: tr.Rows.Clone(), Probe: tr.Test.Pick(poisoning.Of(tr.Test, tr.Target)),
		Says: fmt.Sprintf("rows of class %d labeled %d", tr.Target, wrong),
	}
	for _, v := range tr.Rand(0).Perm(len(victims))[:min(tr.Budget, len(victims))] {
		p.Rows.Y[victims[v]] = wrong
		p.Changed = append(p.Changed, victims[v])
	}
	p.Want = slices.Repeat([]int32{-1}, p.Probe.Rows())
	return p, nil
}

const (
	folds     = 5
	soft      = 1 // C of the logistic regression that judges labels
	neighbors = 10
	unanimous = 9   // of them that have one other label
	overlap   = 0.2 // share of rows that the logistic regression may get wrong
)

func find(ctx context.Context, d *poisoning.Data, _ uint64) (*poisoning.Traces, error) {
	b := d.Batch
	if len(b.Y) == 0 {
		return nil, errors.New("no labels")
	}
	classes := int(slices.Max(b.Y)) + 1
	if classes < 2 {
		return nil, errors.New("all rows have one label")
	}
	x := screen.Unit(b)
	listed, doubted, err := screen.Mislabeled(ctx, x, folds, func(ctx context.Context, rows ml.Batch) (ml.Oracle, error) {
		g, err := train.Logistic(ctx, rows, classes, soft)
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	})
	if err != nil {
		return nil, err
	}
	outvoted, err := screen.Disagree(ctx, x, neighbors, unanimous)
	if err != nil {
		return nil, err
	}
	for _, r := range doubted {
		if _, found := slices.BinarySearch(outvoted, r); found {
			listed = append(listed, r)
		}
	}
	slices.Sort(listed)
	listed = slices.Compact(listed)
	t := &poisoning.Traces{Rows: listed, Says: says(b, listed, classes)}
	if share := float64(len(doubted)) / float64(b.Rows()); share > overlap {
		t.Doubt = fmt.Sprintf("a linear classifier is wrong on %.0f%% of rows that it has not seen; where classes overlap that much, hard rows cannot be told from wrong labels", share*100)
	}
	return t, nil
}

// says counts the rows listed by their labels, so that a class that goes dark
// stands out.
func says(b ml.Batch, rows []int, classes int) string {
	listed, all := make([]int, classes), make([]int, classes)
	for _, y := range b.Y {
		all[y]++
	}
	for _, r := range rows {
		listed[b.Y[r]]++
	}
	var s strings.Builder
	s.WriteString("rows whose labels other rows speak against, by label:")
	for y, n := range listed {
		if n > 0 {
			fmt.Fprintf(&s, " %d: %d of %d;", y, n, all[y])
		}
	}
	return s.String()
}
