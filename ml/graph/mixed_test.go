package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
)

// direction returns numbers for each of the weights of n.
func direction(n *Net, seed uint64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	v := room(n)
	for _, part := range v {
		for i := range part {
			part[i] = float32(rng.NormFloat64())
		}
	}
	return v
}

// The cross-entropy of a linear net with weights W and b has the gradient
// (p-y)xᵀ and p-y, so its inner product with V and c has the gradient
// Vᵀ(p-y) + Wᵀ(diag p - ppᵀ)(Vx+c) with respect to x.
func TestMixedGradClosedForm(t *testing.T) {
	const classes, dim, rows = 4, 6, 40 // more rows than a chunk
	w, b := numbers(classes, dim).Float, numbers(classes).Float
	weights := make([][]float32, classes)
	for j := range weights {
		weights[j] = w[j*dim : (j+1)*dim]
	}
	n := trainable(t, Linear(weights, b), 2)
	x, v := pixels(rows, dim), direction(n, 3)
	softmax := func(z []float32) []float64 {
		p, sum := make([]float64, len(z)), 0.0
		for j, s := range z {
			p[j] = math.Exp(float64(s))
			sum += p[j]
		}
		for j := range p {
			p[j] /= sum
		}
		return p
	}
	seed := func(row int, z, dz []float32) {
		for j, p := range softmax(z) {
			dz[j] = float32(p)
		}
		dz[row%classes]--
	}
	got := slices.Repeat([]float32{9}, rows*dim)
	before := fmt.Sprint(n.Params())
	if err := n.MixedGrad(t.Context(), x, seed, v, got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(n.Params()) != before {
		t.Error("the weights are not what they were")
	}
	z, err := n.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for r := range rows {
		p, row := softmax(z[r*classes:(r+1)*classes]), x.Row(r)
		u, mean := make([]float64, classes), 0.0 // Vx+c, and its mean under p
		for j := range u {
			u[j] = float64(v[1][j])
			for i, f := range row {
				u[j] += float64(v[0][j*dim+i]) * float64(f)
			}
			mean += p[j] * u[j]
		}
		for i := range dim {
			var want float64
			for j := range classes {
				d := p[j]
				if j == r%classes {
					d--
				}
				want += float64(v[0][j*dim+i])*d + float64(weights[j][i])*p[j]*(u[j]-mean)
			}
			if g := float64(got[r*dim+i]); math.Abs(g-want) > 1e-3*(1+math.Abs(want)) {
				t.Fatalf("row %d: gradient %d = %v, want %v", r, i, g, want)
			}
		}
	}
}

// Along any line the inner product changes as its gradient says. The net has
// no kinks, at which the inner product jumps.
func TestMixedGradFollows(t *testing.T) {
	g := learner()
	g.Nodes[1].Op = "Tanh"
	n := trainable(t, g, 2)
	x, v := pixels(5, 36), direction(n, 4)
	dx := make([]float32, len(x.X))
	if err := n.MixedGrad(t.Context(), x, seedOf, v, dx); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	const h = 1e-3
	inner := func(x ml.Batch) (sum float64) {
		g := room(n)
		if err := n.ParamGrad(t.Context(), x, seedOf, g); err != nil {
			t.Fatal(err)
		}
		for i := range g {
			for k := range g[i] {
				sum += float64(g[i][k]) * float64(v[i][k])
			}
		}
		return sum
	}
	for range 8 {
		up, down, want := x.Clone(), x.Clone(), 0.0
		for i := range dx {
			d := rng.NormFloat64()
			up.X[i] += float32(h * d)
			down.X[i] -= float32(h * d)
			want += d * float64(dx[i])
		}
		if got := (inner(up) - inner(down)) / (2 * h); math.Abs(got-want) > 0.02*(1+math.Abs(want)) {
			t.Errorf("the inner product changes by %v along a line, its gradient says %v", got, want)
		}
	}
}

func TestMixedGradRefuses(t *testing.T) {
	n := trainable(t, learner(), 1)
	x, v := pixels(2, 36), direction(n, 4)
	dx := slices.Repeat([]float32{1}, len(x.X))
	if err := n.MixedGrad(t.Context(), x, seedOf, v[1:], dx); err == nil {
		t.Error("a direction for some weights only is taken")
	}
	if err := n.MixedGrad(t.Context(), x, seedOf, v, dx[1:]); err == nil {
		t.Error("gradients go where there is no room")
	}
	if err := n.MixedGrad(t.Context(), x, seedOf, room(n), dx); err != nil || slices.Max(dx) != 0 || slices.Min(dx) != 0 {
		t.Errorf("no direction: gradient %v, %v; want zeros", dx, err)
	}
	v[0][0] = float32(math.NaN())
	before := fmt.Sprint(n.Params())
	if err := n.MixedGrad(t.Context(), x, seedOf, v, dx); err == nil {
		t.Error("a direction that is no number is taken")
	}
	if fmt.Sprint(n.Params()) != before {
		t.Error("the weights are not what they were")
	}
	if err := mustCompile(t, learner(), Options{}).MixedGrad(t.Context(), x, seedOf, nil, dx); err == nil {
		t.Error("a net that cannot be trained has gradients of weights")
	}
}
