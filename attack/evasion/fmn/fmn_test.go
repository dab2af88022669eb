package fmn_test

import (
	"testing"

	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/fmn"
)

func Test(t *testing.T) { evasiontest.Bounded(t, fmn.Attack, 0.95) }

// The distances of a linear model are known exactly; the last steps of 200 end
// within some percent of them.
func TestDistances(t *testing.T) { evasiontest.Distances(t, fmn.Attack, 0, 1.025) }

// Another program's fast minimum-norm attack leaves 310, 223 and 15 of 347
// digits; no attack can leave fewer than 310, 219 and 7.
func TestDigits(t *testing.T) {
	for eps, want := range map[float32][2]int{0.05: {310, 311}, 0.1: {219, 223}, 0.2: {7, 15}} {
		if got := evasiontest.Standing(t, fmn.Attack, evasiontest.Digits(t, eps)); got < want[0] || got > want[1] {
			t.Errorf("eps %v: %d rows stand, want %d to %d", eps, got, want[0], want[1])
		}
	}
}
