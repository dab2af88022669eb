package screen_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/screen"
)

// patch is the trigger of the tests: the four pixels in the corner of a digit.
var patch = []int{54, 55, 62, 63}

// poisoned returns the training digits with rows of other classes than target
// changed to carry the patch and the label target, and which rows these are.
func poisoned(t *testing.T, rows, target int, seed uint64) (ml.Batch, []int) {
	t.Helper()
	train, _ := datasets.Split(datasets.Digits())
	b := train.Clone()
	var picked []int
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(b.Rows()) {
		if len(picked) < rows && int(b.Y[i]) != target {
			picked = append(picked, i)
			b.Y[i] = int32(target)
			for _, p := range patch {
				b.Row(i)[p] = 1
			}
		}
	}
	slices.Sort(picked)
	return b, picked
}

func TestTriggersFindsPatches(t *testing.T) {
	for _, rows := range []int{7, 14, 144} {
		for seed := range uint64(2) {
			b, picked := poisoned(t, rows, int(seed), seed)
			found, err := screen.Triggers(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 {
				t.Errorf("%d rows, seed %d: %v, want one trigger", rows, seed, found)
				continue
			}
			f := found[0]
			var features []int
			for _, c := range f.Cells {
				features = append(features, c.Feature)
			}
			if f.Target != int(seed) || !slices.Equal(features, patch) {
				t.Errorf("%d rows, seed %d: %v, want target %d and features %v", rows, seed, f, seed, patch)
			}
			caught := 0
			for _, r := range f.Rows {
				if slices.Contains(picked, r) {
					caught++
				}
			}
			if 100*caught < 95*rows || 100*(len(f.Rows)-caught) > b.Rows() {
				t.Errorf("%d rows, seed %d: %d caught, %d others removed", rows, seed, caught, len(f.Rows)-caught)
			}
		}
	}
}

// Clean data holds no trigger, and neither does data with labels flipped at
// random.
func TestTriggersLeavesCleanAlone(t *testing.T) {
	digits, _ := datasets.Split(datasets.Digits())
	flipped := digits.Clone()
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range flipped.Y {
		if rng.IntN(10) == 0 {
			flipped.Y[i] = int32(rng.IntN(10))
		}
	}
	for name, b := range map[string]ml.Batch{
		"digits": digits, "flipped": flipped, "cancer": datasets.Cancer(), "credit": datasets.Credit(),
	} {
		found, err := screen.Triggers(t.Context(), b)
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v; want none", name, found, err)
		}
	}
}
