package pgd_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/fgsm"
	"quintain/attack/evasion/pgd"
	"quintain/ml"
	"quintain/ml/graph"
)

func Test(t *testing.T) { evasiontest.Linear(t, pgd.Attack) }

// How many of 360 digits no attack can turn is known exactly. Toward a target
// a linear model holds no local optima, so the attack must find them all. One
// step up the cross-entropy is known to leave more.
func TestDigitsExact(t *testing.T) {
	if got, want := evasiontest.Digits(t, 0).Batch.Rows(), 347; got != want {
		t.Fatalf("%d of 360 rows are classified correctly, want %d", got, want)
	}
	for _, c := range []struct {
		eps       float32
		pgd, fgsm int
	}{{0.05, 310, 314}, {0.1, 219, 230}, {0.2, 7, 38}, {0.3, 0, 0}} {
		tr := evasiontest.Digits(t, c.eps)
		if got := evasiontest.Standing(t, pgd.Attack, tr); got != c.pgd {
			t.Errorf("eps %v: %d rows stand after pgd, want %d", c.eps, got, c.pgd)
		}
		if got := evasiontest.Standing(t, fgsm.Attack, tr); got != c.fgsm {
			t.Errorf("eps %v: %d rows stand after fgsm, want %d", c.eps, got, c.fgsm)
		}
	}
}

// Logits a thousand times as large must not hide the way out: in single
// precision the gradient of the plain cross-entropy would vanish.
func TestLargeLogitsHideNothing(t *testing.T) {
	tr := evasiontest.Digits(t, 0.1)
	want := evasiontest.Standing(t, pgd.Attack, tr)
	raw := tr.Model.(*graph.Net)
	tr.Model = loud{raw}
	if got := evasiontest.Standing(t, pgd.Attack, tr); got != want {
		t.Errorf("%d rows stand when logits are 1000 times as large, want %d", got, want)
	}
}

// loud multiplies logits by 1000.
type loud struct{ ml.Model }

func (l loud) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	return l.Model.VJP(ctx, x, func(row int, z, dz []float32) {
		z = slices.Clone(z)
		for i := range z {
			z[i] *= 1000
		}
		seed(row, z, dz)
	}, dx)
}

// BenchmarkPGD reports images per second for one start of 40 steps, the way
// figures for PGD-40 are given. Nothing falls, so every step is made.
func BenchmarkPGD(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, g := range map[string]*graph.Graph{"mlp64-128-64-10": mlp(rng), "cnn28": cnn28(rng)} {
		b.Run(name, func(b *testing.B) {
			net, err := graph.Compile(g, graph.Options{})
			if err != nil {
				b.Fatal(err)
			}
			x := ml.Batch{X: make([]float32, 200*net.Spec().Dim()), Dim: net.Spec().Dim(), Y: make([]int32, 200)}
			for i := range x.X {
				x.X[i] = rng.Float32()
			}
			dx := make([]float32, len(x.X))
			images := 0
			for b.Loop() {
				for range 40 {
					if _, _, err := ml.LossGrad(b.Context(), net, x, ml.CrossEntropy, dx); err != nil {
						b.Fatal(err)
					}
				}
				images += x.Rows()
			}
			b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

func weights(rng *rand.Rand, shape ...int) *graph.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := &graph.Tensor{Shape: shape, Float: make([]float32, n)}
	for i := range t.Float {
		t.Float[i] = (rng.Float32()*2 - 1) * 0.2
	}
	return t
}

func mlp(rng *rand.Rand) *graph.Graph {
	return chain([]int{-1, 64}, map[string]*graph.Tensor{
		"w1": weights(rng, 64, 128), "b1": weights(rng, 128), "w2": weights(rng, 128, 64), "b2": weights(rng, 64),
		"w3": weights(rng, 64, 10), "b3": weights(rng, 10),
	}, "Gemm w1 b1", "Relu", "Gemm w2 b2", "Relu", "Gemm w3 b3")
}

func cnn28(rng *rand.Rand) *graph.Graph {
	return chain([]int{-1, 1, 28, 28}, map[string]*graph.Tensor{
		"w1": weights(rng, 16, 1, 3, 3), "b1": weights(rng, 16), "w2": weights(rng, 32, 16, 3, 3), "b2": weights(rng, 32),
		"w3": weights(rng, 1568, 64), "b3": weights(rng, 64), "w4": weights(rng, 64, 10), "b4": weights(rng, 10),
	}, "Conv w1 b1", "Relu", "MaxPool", "Conv w2 b2", "Relu", "MaxPool", "Flatten", "Gemm w3 b3", "Relu", "Gemm w4 b4")
}

// chain makes a graph of operators one after the other.
func chain(shape []int, weights map[string]*graph.Tensor, ops ...string) *graph.Graph {
	g := &graph.Graph{Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: shape}}, Const: weights}
	last := "x"
	for _, op := range ops {
		f := strings.Fields(op)
		nd := graph.Node{Op: f[0], Inputs: append([]string{last}, f[1:]...), Outputs: []string{last + "'"}}
		two, one := []int64{2, 2}, []int64{1, 1, 1, 1}
		switch nd.Op {
		case "MaxPool":
			nd.Attr = map[string]graph.Attr{"kernel_shape": {Ints: two}, "strides": {Ints: two}}
		case "Conv":
			nd.Attr = map[string]graph.Attr{"pads": {Ints: one}}
		}
		g.Nodes = append(g.Nodes, nd)
		last += "'"
	}
	g.Outputs = []string{last}
	return g
}
