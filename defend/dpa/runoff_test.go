package dpa

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
)

// ballots are all ways to rank four classes.
func ballots() (out [][]float64) {
	for a := range 4 {
		for b := range 4 {
			for c := range 4 {
				if d := 6 - a - b - c; a != b && b != c && a != c {
					out = append(out, []float64{float64(a), float64(b), float64(c), float64(d)})
				}
			}
		}
	}
	return out
}

// turned reports whether some other ballots of so many parts, from the given
// one on, make another class win.
func turned(far [][]float64, winner, from, parts int, all [][]float64) bool {
	if hold(far).winner != winner {
		return true
	}
	if parts == 0 {
		return false
	}
	for i := from; i < len(far); i++ {
		was := far[i]
		for _, b := range all {
			far[i] = b
			if turned(far, winner, i+1, parts-1, all) {
				far[i] = was
				return true
			}
		}
		far[i] = was
	}
	return false
}

// No ballots whatever of as many parts as the radius says make another class
// win, as trying all of them shows; of one part more, they often do.
func TestRadiusExhaustively(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	all := ballots()
	if len(all) != 24 {
		t.Fatalf("%d ways to rank four classes, want 24", len(all))
	}
	tight, elections := 0, 0
	for range 150 {
		far := make([][]float64, 3+rng.IntN(6))
		bias := rng.IntN(3)
		for i := range far {
			far[i] = slices.Clone(all[rng.IntN(len(all)>>bias)])
			if rng.IntN(8) == 0 {
				far[i][rng.IntN(4)] = math.Inf(1)
			}
		}
		e := hold(far)
		r := min(e.radius(), 2)
		if turned(far, e.winner, 0, r, all) {
			t.Fatalf("ballots %v: %d parts are said not to matter, and do", far, r)
		}
		if e.radius() < 2 {
			elections++
			if turned(far, e.winner, 0, e.radius()+1, all) {
				tight++
			}
		}
	}
	if tight*10 < elections*9 {
		t.Errorf("one part more turns %d of %d elections, want nearly all", tight, elections)
	}
}

// Three vote for 0, two for 1, two for 2; the supporters of 2 prefer 1, so 1
// wins the final by 4 to 3.
func TestRunOff(t *testing.T) {
	far := [][]float64{{0, 1, 2}, {0, 1, 2}, {0, 1, 2}, {1, 0, 2}, {1, 0, 2}, {2, 1, 0}, {2, 1, 0}}
	e := hold(far)
	if want := []float32{7 + 3, 7 + 4, 2}; e.winner != 1 || e.final != [2]int{0, 1} || !slices.Equal(e.logits(), want) {
		t.Errorf("%d wins, finalists %v, logits %v; want 1, 0 and 1, %v", e.winner, e.final, e.logits(), want)
	}
	if e.radius() != 0 {
		t.Errorf("radius %d, want 0: one vote moved from 1 to 2 keeps 1 out of the final", e.radius())
	}
	one := hold([][]float64{{0}, {0}})
	if one.winner != 0 || len(one.logits()) != 1 {
		t.Errorf("of one class %d wins with logits %v", one.winner, one.logits())
	}
	two := hold([][]float64{{0, 1}, {0, 1}, {0, 1}, {1, 0}})
	if votes := []float32{3, 1}; two.radius() != radius(votes, 0) {
		t.Errorf("of two classes radius %d, want %d as without a final", two.radius(), radius(votes, 0))
	}
}

// On digits the run-off proves about as much as the plain vote, and its answers
// are the ones that its certificates are for.
func TestRunOffDigits(t *testing.T) {
	in, out := datasets.Split(datasets.Digits())
	v := RunOff{Train(in, 10, 50)}
	safe, err := v.Certified(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	z, err := v.Predict(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	right, held := 0, 0
	for i, s := range safe {
		if ml.Argmax(z[i*10:(i+1)*10]) == int(out.Y[i]) != (s >= 0) {
			t.Errorf("row %d: logits %v, certificate %d for label %d", i, z[i*10:(i+1)*10], s, out.Y[i])
		}
		if s >= 0 {
			right++
		}
		if s >= 1 {
			held++
		}
	}
	if right != 320 || held != 318 {
		t.Errorf("%d right and %d of them whatever one row is, want 320 and 318", right, held)
	}
	worse := in.Clone()
	for i := range 5 { // rows of five parts
		clear(worse.Row(i))
		worse.Y[i] = (worse.Y[i] + 1) % 10
	}
	after, err := RunOff{Train(worse, 10, 50)}.Certified(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range safe {
		if s >= 5 && after[i] < 0 {
			t.Errorf("row %d is certified against %d changed rows, and 5 turned it", i, s)
		}
	}
}
