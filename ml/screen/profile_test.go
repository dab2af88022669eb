package screen_test

import (
	"slices"
	"testing"

	"quintain/ml/datasets"
	"quintain/ml/screen"
)

// Twelve annotators labeled the digits by turns; the fifth calls half of the
// eights nines. That one stands out, and what it did is named.
func TestProfileNamesTheAnnotator(t *testing.T) {
	b, _ := datasets.Split(datasets.Digits())
	b = b.Clone()
	by := make([]float32, b.Rows())
	flipped := 0
	for i := range by {
		by[i] = float32(i * 7 % 12)
		if by[i] == 5 && b.Y[i] == 8 {
			b.Y[i] = 9
			flipped++
		}
	}
	p, err := screen.Profiled(t.Context(), b, by)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Groups) != 12 || p.Rows != 1437 || p.Features != 64 {
		t.Fatalf("%d groups, %d rows, %d features", len(p.Groups), p.Rows, p.Features)
	}
	for _, g := range p.Groups {
		if g.Stands != (g.Value == 5) {
			t.Errorf("annotator %v: %d of %d rows outvoted, p = %v, stands out %v", g.Value, g.Outvoted, g.Rows, g.P, g.Stands)
		}
	}
	if g := p.Groups[5]; g.From != 9 || g.To != 8 || g.Outvoted < flipped {
		t.Errorf("annotator 5: %d outvoted, mostly labeled %d where neighbors say %d; want %d eights called nines", g.Outvoted, g.From, g.To, flipped)
	}
	if !slices.Equal(p.Constant, []int{0, 32, 39}) || len(p.Duplicates) != 0 {
		t.Errorf("constant features %v, duplicates %v", p.Constant, p.Duplicates)
	}
}

// Honest annotators do not stand out.
func TestProfileLeavesHonestGroupsAlone(t *testing.T) {
	b, _ := datasets.Split(datasets.Digits())
	by := make([]float32, b.Rows())
	for i := range by {
		by[i] = float32(i * 5 % 9)
	}
	p, err := screen.Profiled(t.Context(), b, by)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range p.Groups {
		if g.Stands {
			t.Errorf("group %v: %d of %d rows outvoted, p = %v", g.Value, g.Outvoted, g.Rows, g.P)
		}
	}
}
