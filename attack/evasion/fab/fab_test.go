package fab_test

import (
	"testing"

	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/fab"
)

func Test(t *testing.T) { evasiontest.Linear(t, fab.Attack) }

// The distances of a linear model are known exactly.
func TestDistances(t *testing.T) { evasiontest.Distances(t, fab.Attack, 15, 1.001) }

// How many of 360 digits no attack can turn is known exactly.
func TestDigitsExact(t *testing.T) {
	for eps, want := range map[float32]int{0.05: 310, 0.1: 219, 0.2: 7, 0.3: 0} {
		tr := evasiontest.Digits(t, eps)
		tr.Budget.Steps = 20
		if got := evasiontest.Standing(t, fab.Attack, tr); got != want {
			t.Errorf("eps %v: %d rows stand, want %d", eps, got, want)
		}
	}
}
