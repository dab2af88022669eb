package readback

import (
	"math"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// TestClimb reads ten glyphs off a net: each is more like the mean image of its
// own digit than like that of any other, for most of them.
func TestClimb(t *testing.T) {
	const side = 14
	b := datasets.Glyphs(1500, side, datasets.GlyphNoise, 1)
	g, err := train.Fit(t.Context(), train.MLP([]int{b.Dim, 32, 10}, 1), b, train.Options{Epochs: 8, Rate: 0.003, Seed: 1, WeightDecay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	m, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mean [10][]float64
	for y := range mean {
		mean[y] = make([]float64, b.Dim)
	}
	for i, y := range b.Y {
		for k, v := range b.Row(i) {
			mean[y][k] += float64(v)
		}
	}
	right := 0
	for y := range 10 {
		x, p, err := Climb(t.Context(), m, Options{Class: y, Side: side, Steps: 100, Rate: 0.5, Blur: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		if p < 0.9 {
			t.Errorf("class %d: probability %.3f, want 0.9 or more", y, p)
		}
		best, at := math.Inf(-1), -1
		for c := range mean {
			if r := correlation(x, mean[c]); r > best {
				best, at = r, c
			}
		}
		if at == y {
			right++
		}
	}
	if right < 8 {
		t.Errorf("%d of 10 glyphs can be read, want 8 or more", right)
	}
}

func correlation(x []float32, m []float64) float64 {
	var sx, sm, xx, mm, xm float64
	n := float64(len(x))
	for i, v := range x {
		v := float64(v)
		sx, sm, xx, mm, xm = sx+v, sm+m[i], xx+v*v, mm+m[i]*m[i], xm+v*m[i]
	}
	return (xm - sx*sm/n) / math.Sqrt((xx-sx*sx/n)*(mm-sm*sm/n))
}

func TestClimbRefuses(t *testing.T) {
	m, err := graph.Compile(train.MLP([]int{4, 3}, 1), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{
		{Class: 3, Steps: 1, Rate: 1},
		{Class: -1, Steps: 1, Rate: 1},
		{Steps: 0, Rate: 1},
		{Steps: 1},
		{Steps: 1, Rate: 1, Blur: 1, Side: 2},
		{Steps: 1, Rate: 1, Blur: 0.5, Side: 3},
	} {
		if _, _, err := Climb(t.Context(), ml.Model(m), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
