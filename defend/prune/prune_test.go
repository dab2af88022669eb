package prune

import (
	"slices"
	"testing"

	"quintain/ml/datasets"
)

// TestScreen plants a trigger and wrong labels among a few hundred digits and
// expects most of them to be taken out, and at most one in ten others: so few rows teach a screen little.
func TestScreen(t *testing.T) {
	b := datasets.Digits()
	b.X, b.Y = slices.Clone(b.X[:250*b.Dim]), slices.Clone(b.Y[:250])
	planted := make(map[int]bool)
	for i := 0; i < 250 && len(planted) < 10; i += 5 {
		if b.Y[i] != 0 {
			row := b.Row(i)
			row[54], row[55], row[62], row[63] = 1, 1, 1, 1
			b.Y[i], planted[i] = 0, true
		}
	}
	s, err := Screen(t.Context(), b, 10)
	if err != nil {
		t.Fatal(err)
	}
	found, other := len(planted), 0
	for _, i := range s.keep(250) {
		if planted[i] {
			found--
		}
	}
	other = 250 - len(s.keep(250)) - found
	if found < 8 || other > 25 {
		t.Errorf("%d of %d planted rows taken out, and %d others", found, len(planted), other)
	}
}
