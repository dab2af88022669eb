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
	if !slices.Equal(p.Constant, []int{0, 32, 39}) || len(p.Duplicates) != 0 || len(p.Close) != 0 {
		t.Errorf("constant features %v, duplicates %v, close rows %v", p.Constant, p.Duplicates, p.Close)
	}
}

// A row that is another one with a little noise is close to it, and an exact
// copy is a duplicate.
func TestProfileSeesCopies(t *testing.T) {
	b, _ := datasets.Split(datasets.Digits())
	b = b.Clone()
	copy(b.Row(700), b.Row(20))
	copy(b.Row(900), b.Row(30))
	b.Y[700] = b.Y[20]
	b.Row(900)[20] += 0.05
	p, err := screen.Profiled(t.Context(), b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Duplicates, []int{700}) || !slices.Equal(p.Close, []int{30, 900}) {
		t.Errorf("duplicates %v, close rows %v; want 700, and 30 and 900", p.Duplicates, p.Close)
	}
}

// One row in twenty poisoned shows in the hidden layer of a network that is
// trained for the purpose: the smaller part of the class holds most of it.
func TestHidden(t *testing.T) {
	b, picked := poisoned(t, 72, 3, 5)
	parts, err := screen.Hidden(t.Context(), b, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 10 {
		t.Fatalf("%d classes, want 10", len(parts))
	}
	caught := 0
	for _, r := range parts[3].Rows {
		if slices.Contains(picked, r) {
			caught++
		}
	}
	if 4*caught < 3*len(picked) || 4*caught < 3*len(parts[3].Rows) {
		t.Errorf("the smaller part of class 3 has %d rows, of which %d of %d are poisoned; want most", len(parts[3].Rows), caught, len(picked))
	}
	scores := func(r int) bool { return b.Y[r] == 3 }
	if len(parts[3].Out) != 5 || !scores(parts[3].Out[0]) {
		t.Errorf("rows that stand out: %v, want five of class 3", parts[3].Out)
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
