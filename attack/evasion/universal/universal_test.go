package universal_test

import (
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/universal"
)

func Test(t *testing.T) { evasiontest.Bounded(t, universal.Attack, 0.4) }

// The best change turns rows of a network, fewer than changes made for each
// turn, and it is one change: where no row meets the box all moved the same.
func TestOneChange(t *testing.T) {
	tr := evasiontest.DigitsMLP(t, 0.15)
	for i := range tr.Ball.Low {
		tr.Ball.Low[i], tr.Ball.High[i] = -10, 10
	}
	res, err := universal.Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	fell, err := evasion.Fooled(t.Context(), tr.Model, res.Adv)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, f := range fell {
		if f {
			n++
		}
		for k, v := range res.Adv.Row(i) {
			d := (v - tr.Batch.Row(i)[k]) - (res.Adv.X[k] - tr.Batch.X[k])
			if d > 1e-6 || d < -1e-6 {
				t.Fatalf("row %d, feature %d moved otherwise than in the first row, by %v", i, k, d)
			}
		}
	}
	if n < 60 || n > 300 {
		t.Errorf("one change turns %d of %d rows, want many but not all", n, len(fell))
	}
}
