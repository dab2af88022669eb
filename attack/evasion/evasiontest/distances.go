package evasiontest

import (
	"math"
	"slices"
	"testing"

	"quintain/attack/evasion"
)

// Distances runs an attack that looks for the nearest misclassified rows, with so
// many steps or its own number if that is 0, on
// the linear model of [Digits], with the box and without it and in both norms.
// How far off the nearest row is is known: that of the nearest boundary. The
// attack must never find a nearer one, and on average none that is farther by
// more than the factor most.
func Distances(t *testing.T, a *evasion.Attack, steps int, most float64) {
	t.Helper()
	for _, norm := range []evasion.Norm{evasion.LInf, evasion.L2} {
		for _, box := range []bool{false, true} {
			tr := Digits(t, 0.1)
			tr.Ball.Norm, tr.Budget.Steps = norm, steps
			if !box {
				tr.Ball.Low, tr.Ball.High = slices.Repeat([]float32{-100}, 64), slices.Repeat([]float32{100}, 64)
			}
			res, err := a.Run(t.Context(), tr)
			if err != nil {
				t.Fatal(err)
			}
			fell, err := evasion.Fooled(t.Context(), tr.Model, res.Near)
			if err != nil {
				t.Fatal(err)
			}
			var got, want float64
			for i, f := range fell {
				if !f {
					t.Fatalf("%s, %s, box %v: nothing was found near row %d", a.Name, norm, box, i)
				}
				d, truth := tr.Ball.Far(res.Near.Row(i), tr.Batch.Row(i)), nearest(t, tr, i)
				if d < truth*(1-1e-4) {
					t.Errorf("%s, %s, box %v: row %d is misclassified %v radii away, which on paper takes %v", a.Name, norm, box, i, d, truth)
				}
				got, want = got+d, want+truth
			}
			n := float64(len(fell))
			t.Logf("%s, %s, box %v: mean distance %.5f, truth %.5f", a.Name, norm, box, got/n/10, want/n/10)
			if got > want*most {
				t.Errorf("%s, %s, box %v: the mean distance is %v, on paper %v", a.Name, norm, box, got/n, want/n)
			}
		}
	}
}

// Safe counts the rows of a trial of Digits that are farther from every
// boundary than the ball reaches, and that nothing can turn therefore.
func Safe(t *testing.T, tr *evasion.Trial) int {
	t.Helper()
	n := 0
	for i := range tr.Batch.Rows() {
		if nearest(t, tr, i) > 1 {
			n++
		}
	}
	return n
}

// nearest is how far row i of a trial of Digits is from the nearest boundary,
// in radii.
func nearest(t *testing.T, tr *evasion.Trial, i int) float64 {
	t.Helper()
	d := load(t)
	y, best := tr.Batch.Y[i], math.Inf(1)
	w := make([]float32, tr.Batch.Dim)
	for j := range d.B {
		if j == int(y) {
			continue
		}
		gap := float64(d.B[y]) - float64(d.B[j])
		for k, v := range tr.Batch.Row(i) {
			w[k] = d.W[j][k] - d.W[y][k]
			gap -= float64(w[k]) * float64(v)
		}
		best = min(best, lean(tr.Ball, tr.Batch.Row(i), w, gap))
	}
	return best
}

// lean is the distance to w·d = gap by bisection, which the engine works out in
// another way.
func lean(b evasion.Ball, x, w []float32, gap float64) float64 {
	gain := func(t float64) (sum, far float64) {
		for k, v := range w {
			r, a := float64(b.Radius[k]), math.Abs(float64(v))
			room := float64(b.High[k] - x[k])
			if v < 0 {
				room = float64(x[k] - b.Low[k])
			}
			d := min(room, t*r)
			if b.Norm == evasion.L2 {
				d = min(room, t*a*r*r)
			}
			sum, far = sum+a*d, far+d*d/r/r
		}
		if b.Norm == evasion.L2 {
			return sum, math.Sqrt(far)
		}
		return sum, t
	}
	low, high := 0.0, 1e6
	for range 200 {
		mid := (low + high) / 2
		if sum, _ := gain(mid); sum < gap {
			low = mid
		} else {
			high = mid
		}
	}
	if sum, _ := gain(high); sum < gap*(1-1e-9) {
		return math.Inf(1)
	}
	_, far := gain(high)
	return far
}
