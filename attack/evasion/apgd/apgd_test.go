package apgd_test

import (
	"testing"

	"quintain/attack/evasion/apgd"
	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/pgd"
)

func Test(t *testing.T) { evasiontest.Linear(t, apgd.Attack) }

// How many of 360 digits no attack can turn is known exactly.
func TestDigitsExact(t *testing.T) {
	for eps, want := range map[float32]int{0.05: 310, 0.1: 219, 0.2: 7, 0.3: 0} {
		if got := evasiontest.Standing(t, apgd.Attack, evasiontest.Digits(t, eps)); got != want {
			t.Errorf("eps %v: %d rows stand, want %d", eps, got, want)
		}
	}
}

// With as many steps, rows that withstand apgd are no more than those that
// withstand pgd.
func TestNoWeakerThanPGD(t *testing.T) {
	stronger := 0
	for file, most := range map[string]float32{
		"mlp": 0.15, "cnn": 0.05, "attention": 0.05, "even": 0.05, "choose": 0.05, "sklearn/perceptron": 0.1, "sklearn/perceptron2": 0.1, "sklearn/svm2": 0.1,
	} {
		for _, share := range []float32{0.5, 1} {
			tr := evasiontest.Golden(t, "../../../ml/testdata/"+file+".onnx", 60, -3, 3, most*share)
			tr.Budget.Steps = 40
			a, p := evasiontest.Standing(t, apgd.Attack, tr), evasiontest.Standing(t, pgd.Attack, tr)
			if a > p {
				t.Errorf("%s, eps %v: of %d rows %d withstand apgd, %d pgd", file, most*share, tr.Batch.Rows(), a, p)
			}
			stronger += p - a
		}
	}
	if stronger == 0 {
		t.Error("apgd turns no row that pgd does not: the models decide nothing")
	}
}
