package apgd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The first checkpoints of 100 steps are known from the paper's recursion.
func TestCheckpoints(t *testing.T) {
	if got, want := checkpoints(100), []int{22, 41, 57, 70, 80, 87, 93, 99, 100}; !slices.Equal(got, want) {
		t.Errorf("checkpoints(100) = %v, want %v", got, want)
	}
	for steps := 1; steps < 50; steps++ {
		got := checkpoints(steps)
		if got[len(got)-1] != steps || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("checkpoints(%d) = %v, want them to ascend to %d", steps, got, steps)
		}
	}
}

// The gradient of the ratio is that of finite differences, and neither shifting
// nor multiplying the logits changes the ratio.
func TestRatio(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, k := range []int{2, 3, 4, 5, 10} {
		for range 50 {
			z := make([]float32, k)
			for i := range z {
				z[i] = float32(rng.IntN(9*k))/4 + float32(i)/64 // apart, so that no step changes the order
			}
			y := rng.IntN(k)
			target := (y + 1 + rng.IntN(k-1)) % k
			dz := make([]float32, k)
			loss := ratio(z, y, target, dz)
			for i := range z {
				const h = 1.0 / 512
				up, down := slices.Clone(z), slices.Clone(z)
				up[i] += h
				down[i] -= h
				slope := (ratio(up, y, target, make([]float32, k)) - ratio(down, y, target, make([]float32, k))) / (2 * h)
				if math.Abs(slope-float64(dz[i])) > 1e-3*(1+math.Abs(slope)) {
					t.Errorf("logits %v, label %d, target %d: gradient %v of logit %d, want %v", z, y, target, dz[i], i, slope)
				}
			}
			if k < 4 {
				continue
			}
			moved := slices.Clone(z)
			for i := range moved {
				moved[i] = moved[i]*8 + 16
			}
			if got := ratio(moved, y, target, make([]float32, k)); math.Abs(got-loss) > 1e-6*(1+math.Abs(loss)) {
				t.Errorf("logits %v: ratio %v, after shifting and multiplying %v", z, loss, got)
			}
		}
	}
}

// Four equal logits have no spread; the ratio must still be a number.
func TestRatioWithoutSpread(t *testing.T) {
	dz := make([]float32, 4)
	if got := ratio([]float32{1, 1, 1, 1}, 0, 2, dz); got != 0 || !slices.Equal(dz, []float32{-1, 0, 1, 0}) {
		t.Errorf("ratio = %v with gradient %v, want the plain difference", got, dz)
	}
}
