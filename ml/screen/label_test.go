package screen_test

import (
	"context"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/screen"
	"quintain/ml/train"
)

func TestConflictsAndDuplicates(t *testing.T) {
	b := ml.Batch{Dim: 2, X: []float32{1, 2, 0, 0, 1, 2, 3, 4, 1, 2, 0, 0}, Y: []int32{0, 1, 1, 0, 0, 1}}
	if got, want := screen.Conflicts(b), []int{0, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("Conflicts = %v, want %v", got, want)
	}
	if got, want := screen.Duplicates(b), []int{4, 5}; !slices.Equal(got, want) {
		t.Errorf("Duplicates = %v, want %v", got, want)
	}
	if got := screen.Conflicts(b.Pick([]int{0, 1, 3})); len(got) != 0 {
		t.Errorf("Conflicts = %v, want none", got)
	}
}

// Neighbors find nearly all rows of a backdoor that has not become a
// neighborhood of its own.
func TestDisagree(t *testing.T) {
	b, picked := poisoned(t, 14, 0, 9)
	got, err := screen.Disagree(t.Context(), b, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	caught := 0
	for _, r := range picked {
		if slices.Contains(got, r) {
			caught++
		}
	}
	if caught < 13 || len(got)-caught > b.Rows()/20 {
		t.Errorf("%d of %d poisoned rows and %d others; want nearly all and few", caught, len(picked), len(got)-caught)
	}
}

// flip changes the labels of some rows, the same ones on every machine, and
// returns which.
func flip(b ml.Batch, rate float64) (ml.Batch, []int) {
	out := b.Clone()
	var flipped []int
	for i := range out.Y {
		if float64(uint32(i*2654435761))/(1<<32) < rate {
			out.Y[i] = int32((int(out.Y[i]) + 1 + i%9) % 10)
			flipped = append(flipped, i)
		}
	}
	return out, flipped
}

// The model is convex and the folds are fixed, so every implementation of
// confident learning lists as many rows.
func TestMislabeled(t *testing.T) {
	rows, _ := datasets.Split(datasets.Digits())
	for _, c := range []struct {
		rate                           float64
		flipped, listed, hits, doubted int
	}{{0, 0, 1, 0, 51}, {0.05, 73, 55, 54, 130}} {
		b, flipped := flip(rows, c.rate)
		got, doubted, err := screen.Mislabeled(t.Context(), b, 5, func(ctx context.Context, rows ml.Batch) (ml.Oracle, error) {
			g, err := train.Logistic(ctx, rows, 10, 1)
			if err != nil {
				return nil, err
			}
			return graph.Compile(g, graph.Options{})
		})
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for _, r := range got {
			if slices.Contains(flipped, r) {
				hits++
			}
		}
		if len(flipped) != c.flipped || len(got) != c.listed || hits != c.hits || len(doubted) != c.doubted {
			t.Errorf("rate %v: %d flipped, %d listed, %d of them flipped, %d doubted; want %d, %d, %d, %d",
				c.rate, len(flipped), len(got), hits, len(doubted), c.flipped, c.listed, c.hits, c.doubted)
		}
	}
}
