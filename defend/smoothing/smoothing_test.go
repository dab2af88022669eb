package smoothing

import (
	"math"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

func models(t *testing.T) (*smoothed, *expected, ml.Batch) {
	t.Helper()
	net, err := graph.Compile(train.MLP([]int{4, 8, 3}, 1), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	scale := []float32{0.3, 0.2, 0.5, 0}
	x := ml.Batch{X: []float32{0.1, 0.9, 0.4, 0.2, 0.7, 0.3, 0.5, 0.8}, Dim: 4, Y: []int32{0, 2}}
	return &smoothed{net, scale, 8, 3}, &expected{net, drawn(scale, 8, 4), scale}, x
}

// TestGradient holds the gradient an attacker follows to differences of what
// it says.
func TestGradient(t *testing.T) {
	_, e, x := models(t)
	dx := make([]float32, len(x.X))
	if err := e.VJP(t.Context(), x, func(_ int, _, dz []float32) { dz[1] = 1 }, dx); err != nil {
		t.Fatal(err)
	}
	const h = 1e-2
	for i := range x.X {
		var at [2]float64
		for s, sign := range []float32{1, -1} {
			y := x.Clone()
			y.X[i] += sign * h
			z, err := e.Predict(t.Context(), y)
			if err != nil {
				t.Fatal(err)
			}
			at[s] = float64(z[i/4*3+1])
		}
		if got, want := float64(dx[i]), (at[0]-at[1])/(2*h); math.Abs(got-want) > 2e-3 {
			t.Errorf("value %d: gradient %.5f, differences say %.5f", i, got, want)
		}
	}
}

// TestSmoothed knows that answers are probabilities, depend on the row alone,
// and do not change when a row is asked about again.
func TestSmoothed(t *testing.T) {
	s, _, x := models(t)
	z, err := s.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := s.Predict(t.Context(), x.Pick([]int{1}))
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		if z[3+c] != alone[c] {
			t.Errorf("class %d: %v among others, %v alone", c, z[3+c], alone[c])
		}
	}
	sum := 0.0
	for _, v := range z[:3] {
		sum += math.Exp(float64(v))
	}
	if math.Abs(sum-1) > 1e-5 {
		t.Errorf("probabilities add up to %v", sum)
	}
}
